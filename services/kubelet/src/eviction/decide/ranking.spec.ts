import { pod } from '../../testing/builders';
import { renderEviction } from './message';
import { rankForEviction, type PodUse, type Reclaimed } from './ranking';

interface Given {
  readonly used?: number;
  readonly asked?: string;
  readonly priority?: number;
}

/** Bytes or processes that pods use, by their names. */
function use(name: string, { used, asked, priority = 0 }: Given): PodUse {
  const requests: Record<string, string> = asked === undefined ? {} : { memory: asked, 'ephemeral-storage': asked };
  const containers = [{ name: 'c', image: 'app:1', resources: { requests } }];
  return {
    pod: pod({ containers, priority }, {}, { name, uid: name }),
    used,
    containers: used === undefined ? [] : [{ name: 'c', used }],
  };
}
const order = (reclaimed: Reclaimed, uses: Record<string, Given>) =>
  rankForEviction(
    reclaimed,
    Object.entries(uses).map(([name, given]) => use(name, given)),
  ).map((item) => item.pod.metadata.name);

describe('the pods that go first', () => {
  it.each<Reclaimed>(['memory', 'ephemeral-storage'])('for %s take more than they asked for', (reclaimed) => {
    const uses = { guaranteed: { used: 900, asked: '1k' }, little: { used: 10 }, over: { used: 510, asked: '500' } };
    const ranked = order(reclaimed, uses);
    expect(ranked.slice(0, 2).sort()).toEqual(['little', 'over']);
    expect(ranked[2]).toBe('guaranteed');
  });

  it('are of the least priority among those, then take the most beyond what they asked for', () => {
    const uses = {
      important: { used: 900, priority: 10 },
      small: { used: 100 },
      large: { used: 500 },
      modest: { used: 600, asked: '550' },
      content: { used: 100, asked: '1k', priority: -5 },
    };
    expect(order('memory', uses)).toEqual(['large', 'small', 'modest', 'important', 'content']);
  });

  it('are those that nobody can tell the use of', () => {
    expect(order('memory', { known: { used: 1_000 }, unknown: { asked: '1G' } })).toEqual(['unknown', 'known']);
  });

  it('for processes are of the least priority, then have the most of them: nobody asks for any', () => {
    const uses = { few: { used: 5 }, many: { used: 500 }, important: { used: 9_000, priority: 1 } };
    expect(order('pids', uses)).toEqual(['many', 'few', 'important']);
  });
});

describe('the message of an eviction', () => {
  const MEBI = 2 ** 20;
  const message = (reclaimed: Reclaimed, share: number, given: Given) =>
    renderEviction(
      reclaimed,
      { signal: 'memory.available', value: { share } },
      { available: 50 * MEBI, capacity: 1_000 * MEBI },
      use('web', given),
    );

  it('names what ran short, and the containers that took more than they asked for', () => {
    expect(message('memory', 0.1, { used: 200 * MEBI, asked: '64Mi' })).toBe(
      'The node was low on resource: memory. Threshold quantity: 100Mi, available: 50Mi. ' +
        'Container c was using 200Mi, request is 64Mi, has larger consumption of memory. ',
    );
    expect(message('memory', 0.1, { used: 2_000 })).toContain('Container c was using 2k, request is 0, has');
    expect(message('memory', 0.1, { used: 60 * MEBI, asked: '64Mi' })).toBe(
      'The node was low on resource: memory. Threshold quantity: 100Mi, available: 50Mi. ',
    );
  });
});
