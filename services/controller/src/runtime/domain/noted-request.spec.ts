import { ClusterState } from '@shiplog/cluster';
import { momentOf, tellingRefusals, type Refusal } from './controller';
import { NotedRequest, NotObserved, RecordedRequest } from './noted-request';

const state = new ClusterState();
const now = momentOf(0);
const refusal = (type: 'CreateObject' | 'DeleteObject', reason: string, name = 'a'): Refusal => ({
  command: { type, data: { resource: 'pods', namespace: 'default', name } } as Refusal['command'],
  status: { reason },
});

describe('what an attempt looks at beyond the state', () => {
  it('is noted where it is looked at, and given again as it was', async () => {
    const refused = [refusal('CreateObject', 'Forbidden')];
    const noted = new NotedRequest({ state, position: 7 }, now, refused);
    expect(noted.observed).toBeUndefined();
    const decide = async (request: Pick<NotedRequest, 'refused' | 'observe'>) => [
      request.refused,
      request.observe('silentMs', () => 41_000),
      await request.observe('certificate', () => Promise.resolve('PEM')),
    ];
    const decided = await decide(noted);
    expect(noted.observed).toEqual({ refused, silentMs: 41_000, certificate: 'PEM' });
    const kept = JSON.parse(JSON.stringify(noted.observed)) as object;
    expect(await decide(new RecordedRequest(state, 7, now, { ...kept }))).toEqual(decided);
  });

  it('is nothing of what the attempt did not look at', () => {
    const noted = new NotedRequest({ state, position: 7 }, now, []);
    expect(noted.refused).toEqual([]);
    expect(noted.observed).toBeUndefined();
    const recorded = new RecordedRequest(state, 7, now, {});
    expect(recorded.refused).toEqual([]);
    expect(() => recorded.observe('silentMs')).toThrow(NotObserved);
  });

  it('is of many refusals the first of each kind', () => {
    const many = ['a', 'b', 'c'].map((name) => refusal('CreateObject', 'Forbidden', name));
    const other = refusal('DeleteObject', 'Conflict');
    expect(tellingRefusals([...many, other])).toEqual([many[0], other]);
    const reasons = Array.from({ length: 100 }, (_, i) => refusal('CreateObject', `Reason${i}`));
    expect(tellingRefusals(reasons)).toHaveLength(8);
  });
});
