import type { ExcerptedEvent } from '@shiplog/cluster';
import type { LogEvent } from '@shiplog/contracts';
import { ChannelHeads } from './channel-heads';

const event = (position: number, resource: string, node = '', fact = 'StatusChanged'): LogEvent =>
  ({ position, resource, node, fact }) as unknown as LogEvent;

const follow = (heads: ChannelHeads, of: LogEvent, excerpts: readonly ExcerptedEvent[] = []) =>
  heads.follow(of, excerpts);
const ROUTES = { resource: 'nodes', excerpt: 'routes' } as const;

describe('the heads of the channels', () => {
  it('name each event’s predecessor in the channel of its resource and in its node’s, of whatever kind it is', () => {
    const heads = new ChannelHeads();
    expect(follow(heads, event(1, 'pods'))).toEqual({ prev: 0 });
    expect(follow(heads, event(2, 'crontabs.stable.example.com'))).toEqual({ prev: 0 });
    expect(follow(heads, event(3, 'pods', 'n1'))).toEqual({ prev: 1, prevNode: 0 });
    expect(follow(heads, event(4, 'pods', 'n2'))).toEqual({ prev: 3, prevNode: 0 });
    expect(follow(heads, event(5, 'pods', 'n1'))).toEqual({ prev: 4, prevNode: 3 });
    expect(heads.ofResources()).toEqual({ pods: 5, 'crontabs.stable.example.com': 2 });
  });

  it('begin where a snapshot left off', () => {
    const heads = new ChannelHeads({ pods: 7, 'pods@n1': 5 });
    expect(heads.of({ resource: 'pods', node: 'n1' })).toBe(5);
    expect(heads.of({ resource: 'secrets' })).toBe(0);
    expect(follow(heads, event(8, 'pods', 'n1'))).toMatchObject({ prev: 7, prevNode: 5 });
    expect(heads.all()).toEqual({ pods: 8, 'pods@n1': 8 });
    expect(heads.ofResources()).toEqual({ pods: 8 });
    expect(heads.ofNode('n1')).toEqual({ 'pods@n1': 8 });
    expect(heads.ofNode('n2')).toEqual({});
  });

  it('keep the last event of an excerpt apart from those of its resource, also in a snapshot', () => {
    const heads = new ChannelHeads({ nodes: 3, 'nodes/routes': 2 });
    follow(heads, event(4, 'nodes', 'n1'));
    expect(heads.of(ROUTES)).toBe(2);
    follow(heads, event(5, 'nodes', 'n1'), [{ channel: ROUTES, data: {} }]);
    expect(heads.of(ROUTES)).toBe(5);
    expect(heads.ofResources()).toEqual({ nodes: 5 });
    expect(heads.shared()).toEqual({ nodes: 5, 'nodes/routes': 5 });
    expect(heads.all()).toEqual({ nodes: 5, 'nodes@n1': 5, 'nodes/routes': 5 });
  });

  it('tell once which nodes’ channels have moved', () => {
    const heads = new ChannelHeads();
    follow(heads, event(1, 'pods', 'n1'));
    follow(heads, event(2, 'pods', 'n1'));
    follow(heads, event(3, 'pods', 'n2'));
    expect(heads.takeMoved()).toEqual(['n1', 'n2']);
    expect(heads.takeMoved()).toEqual([]);
  });

  it('forget a node that is no more, also one of the snapshot, and no other', () => {
    const heads = new ChannelHeads({ pods: 9, 'pods@old': 4, 'pods@kept': 5 });
    follow(heads, event(10, 'pods', 'gone'));
    follow(heads, event(11, 'pods', 'gone', 'Deleted'));
    follow(heads, event(12, 'pods', 'busy'));
    const asked: string[][] = [];
    heads.forgetEnded((nodes) => {
      asked.push([...nodes]);
      return new Set(['kept']);
    });
    expect(heads.all()).toEqual({ pods: 12, 'pods@kept': 5, 'pods@busy': 12 });
    heads.forgetEnded((nodes) => nodes);
    expect(asked).toEqual([['old', 'kept', 'gone']]);
  });
});
