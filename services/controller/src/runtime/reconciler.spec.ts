import { ADMINISTRATOR } from '@shiplog/contracts';
import type { ReconcileRequest, Controller, ReconcileResult } from './domain/controller';
import { TestCluster } from '../testing/cluster';

const MAKE: ReconcileResult = {
  commands: [
    {
      type: 'CreateObject',
      data: {
        resource: 'configmaps',
        namespace: 'default',
        object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'made-' } },
      },
    },
  ],
};

describe('the runtime of the controllers', () => {
  let cluster: TestCluster;
  beforeEach(async () => {
    cluster = new TestCluster();
    await cluster.create('namespaces', { metadata: { name: 'default' } });
  });
  afterEach(() => cluster.stop());

  /** A controller with one key, woken by namespaces and config maps. */
  const controller = (
    reconcile: (key: string, request: ReconcileRequest) => ReconcileResult | Promise<ReconcileResult>,
  ): Controller => ({
    name: 'test',
    watches: { namespaces: () => ['key'], configmaps: () => ['key'] },
    allKeys: () => ['key'],
    reconcile,
  });
  const turns = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      cluster.clock += 10;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };

  const until = async (holds: () => boolean): Promise<void> => {
    for (let i = 0; i < 500 && !holds(); i++) await turns(1);
  };

  it('leaves a key alone until the projection shows its own last write, however often it is woken', async () => {
    cluster.lagging = true;
    const seen: number[] = [];
    const reconciler = cluster.run(
      controller((_, { position }) => {
        seen.push(position);
        return seen.length === 1 ? MAKE : { commands: [] };
      }),
    );
    cluster.deliver();
    await turns(5);
    reconciler.enqueue('key');
    await turns(5);
    expect(seen).toEqual([1]);
    cluster.deliver();
    await cluster.settle();
    expect(seen).toEqual([1, 2]);
  });

  it('never works on a key twice at the same time', async () => {
    let [running, most, runs] = [0, 0, 0];
    const reconciler = cluster.run(
      controller(async () => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 3));
        running--;
        runs++;
        return { commands: [] };
      }),
    );
    for (let i = 0; i < 10; i++) {
      reconciler.enqueue('key');
      await turns(1);
    }
    await turns(10);
    expect(most).toBe(1);
    expect(runs).toBeGreaterThan(1);
  });

  it('tries again after an attempt that failed, later each time, and says so', async () => {
    let attempts = 0;
    cluster.run(
      controller(() => {
        if (++attempts < 4) throw new Error('out of order');
        return { commands: [] };
      }),
      { backOff: { firstMs: 10, longestMs: 20 } },
    );
    await until(() => attempts === 4);
    expect(attempts).toBe(4);
    const waits = cluster.lines.map(({ fields }) => (fields as { waitMs: number }).waitMs);
    expect(waits).toEqual([10, 20, 20]);
    expect(cluster.lines[0]).toMatchObject({ level: 'error', fields: { controller: 'test', key: 'key', attempt: 1 } });
  });

  it('tries again what could not be sent at all, and not before it sees what was done beside it', async () => {
    const { command } = cluster;
    cluster.command = (given) =>
      given.type === 'DeleteObject' ? Promise.reject(new Error('too large')) : command.call(cluster, given);
    cluster.lagging = true;
    const seen: number[] = [];
    const data = { resource: 'configmaps', namespace: 'default', name: 'any' } as const;
    cluster.run(
      controller((_, { position }) => {
        seen.push(position);
        return seen.length === 1 ? { commands: [...MAKE.commands, { type: 'DeleteObject', data }] } : { commands: [] };
      }),
    );
    cluster.deliver();
    await turns(5);
    expect(seen).toEqual([1]);
    expect(cluster.lines).toMatchObject([{ level: 'error', fields: { reason: expect.stringContaining('too large') } }]);
    cluster.deliver();
    await cluster.settle();
    expect(seen).toEqual([1, 2]);
  });

  it('hands what was refused to the next attempt, and forgets it after a success', async () => {
    const refusals: (string | undefined)[] = [];
    cluster.run(
      controller((_, { refused }) => {
        refusals.push(refused[0]?.status.reason);
        const data = { resource: 'configmaps', namespace: 'default', name: 'absent' } as const;
        return refusals.length < 3 ? { commands: [{ type: 'DeleteObject', data }] } : { commands: [] };
      }),
    );
    await until(() => refusals.length === 3);
    await cluster.pass(1);
    expect(refusals).toEqual([undefined, 'NotFound', 'NotFound', undefined]);
  });

  it('tells a note of a command once the journal has accepted it, and never of one that it refused', async () => {
    const [make] = MAKE.commands;
    const about = { resource: 'configmaps' as const, namespace: 'default', name: 'x', uid: 'x' };
    const noteOf = (reason: string) => ({
      type: 'Normal' as const,
      reason,
      message: '',
      component: '',
      host: '',
      about,
    });
    const bad = { ...make!, data: { ...make!.data, namespace: 'nowhere' } } as typeof make;
    const commands = [
      { ...make!, note: noteOf('Made') },
      { ...bad!, note: noteOf('Refused') },
    ];
    let attempts = 0;
    cluster.run(controller(() => (++attempts === 1 ? { commands } : { commands: [] })));
    await until(() => attempts > 1);
    expect(cluster.notes.map(({ reason }) => reason)).toEqual(['Made']);
  });

  it('looks again when the time has come that an attempt named', async () => {
    const at: number[] = [];
    cluster.run(
      controller((_, { now }) => {
        at.push(now.ms);
        return at.length === 1 ? { commands: [], requeueAfterMs: 60 } : { commands: [] };
      }),
    );
    await until(() => at.length === 2);
    expect(at).toHaveLength(2);
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThanOrEqual(60);
  });

  it('takes a refusal by a namespace that is going for the last word', async () => {
    await cluster.create('namespaces', { metadata: { name: 'going' } });
    await cluster.delete('namespaces', 'going');
    let attempts = 0;
    cluster.run(
      controller(() => {
        attempts++;
        const metadata = { name: 'late', namespace: 'going' };
        const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata };
        return { commands: [{ type: 'CreateObject', data: { resource: 'configmaps', namespace: 'going', object } }] };
      }),
    );
    await turns(30);
    expect(attempts).toBe(1);
    expect(cluster.lines).toEqual([]);
  });

  it('stops at once, also while nobody answers', async () => {
    cluster.loseReply = ({ actor }) => actor !== ADMINISTRATOR;
    const reconciler = cluster.run(controller(() => MAKE));
    await turns(5);
    await reconciler.stop();
    const lines = cluster.lines.length;
    await turns(10);
    expect(cluster.lines).toHaveLength(lines);
    expect(cluster.journal.list('configmaps')).toHaveLength(1);
  });
});
