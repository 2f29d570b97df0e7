import type { LogEvent } from '@shiplog/contracts';
import { Heads } from './heads';

const event = (position: number, resource: string, node = ''): LogEvent =>
  ({ position, resource, node }) as unknown as LogEvent;

describe('the heads of the channels', () => {
  it('name each event’s predecessor in its resource’s channel and in its node’s', () => {
    const heads = new Heads();
    expect(heads.advance(event(1, 'pods'))).toEqual({ prev: 0 });
    expect(heads.advance(event(2, 'nodes'))).toEqual({ prev: 0 });
    expect(heads.advance(event(3, 'pods', 'n1'))).toEqual({ prev: 1, prevNode: 0 });
    expect(heads.advance(event(4, 'pods', 'n2'))).toEqual({ prev: 3, prevNode: 0 });
    expect(heads.advance(event(5, 'pods', 'n1'))).toEqual({ prev: 4, prevNode: 3 });
  });

  it('begin where a snapshot left off', () => {
    const heads = new Heads({ pods: 7, 'pods@n1': 5 });
    expect(heads.of({ resource: 'pods', node: 'n1' })).toBe(5);
    expect(heads.of({ resource: 'secrets' })).toBe(0);
    expect(heads.advance(event(8, 'pods', 'n1'))).toEqual({ prev: 7, prevNode: 5 });
    expect(heads.all()).toEqual({ pods: 8, 'pods@n1': 8 });
  });
});
