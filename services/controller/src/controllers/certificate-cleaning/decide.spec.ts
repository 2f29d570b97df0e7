import { at, bare, EPOCH } from '../../testing/objects';
import { momentOf } from '../../runtime/domain/controller';
import { REQUESTS } from '../certificates/decide';
import { decideCleaning } from './decide';

const request = (status: object) => bare(REQUESTS, 'jane', {}, { spec: { request: '', signerName: 'x/y' }, status });
const decided = (type: string, more: object = {}) => ({
  conditions: [{ type, status: 'True', lastUpdateTime: at(0) }],
  ...more,
});

describe('a request for a certificate', () => {
  it.each<[string, object, number]>([
    ['its certificate', decided('Approved', { certificate: 'x' }), 3_600],
    ['been denied', decided('Denied'), 3_600],
    ['failed', decided('Failed'), 3_600],
    ['no answer', {}, 86_400],
  ])('that has %s goes in time', (_that, status, seconds) => {
    const after = (s: number) => decideCleaning(request(status), momentOf(EPOCH + s * 1_000));
    expect(after(seconds - 10)).toEqual({ commands: [], requeueAfterMs: 10_001 });
    expect(after(seconds + 1).commands).toMatchObject([{ type: 'DeleteObject', data: { name: 'jane' } }]);
  });

  it('that is yet to be signed stays, and so does one of which nobody knows when it was decided', () => {
    const late = momentOf(EPOCH + 1_000_000_000);
    expect(decideCleaning(request(decided('Approved')), late)).toEqual({ commands: [] });
    expect(decideCleaning(request({ conditions: [{ type: 'Denied', status: 'True' }] }), late)).toEqual({
      commands: [],
    });
  });
});
