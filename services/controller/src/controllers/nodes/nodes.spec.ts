import type { ReadonlyCluster } from '@shiplog/cluster';
import { momentOf } from '../../runtime/domain/controller';
import { eventType, type ObjectOf, type Taint, type Toleration } from '@shiplog/contracts';
import { names, TestCluster } from '../../testing/cluster';
import { at, EPOCH, node, pod } from '../../testing/objects';
import { NodeLifecycleController } from './controller';
import { decideEviction } from './eviction';
import { decideTaints } from './taints';
import { Heartbeats } from './heartbeats';

const GRACE = 40_000;
const taintsOf = (stored: ObjectOf<'nodes'> | undefined) =>
  (stored?.spec?.taints ?? []).map(({ key, effect }) => `${key}:${effect}`);

describe('heartbeats', () => {
  const hearBus = (heartbeats: Heartbeats, fromMs: number, toMs: number): void => {
    for (let ms = fromMs; ms <= toMs; ms += 1_000) heartbeats.heardBus(ms);
  };

  it('count a silence from the last beat, but no further back than this process has listened', () => {
    const heartbeats = new Heartbeats(20_000);
    expect(heartbeats.silence('n', 0)).toBe(0);
    hearBus(heartbeats, 10_000, 11_000);
    expect(heartbeats.silence('n', 0)).toBe(1_000);
    heartbeats.heard('n', 11_500);
    hearBus(heartbeats, 12_000, 12_000);
    expect(heartbeats.silence('n', 0)).toBe(500);
  });

  it('count no time in which the bus was not heard, and begin anew after a break', () => {
    const heartbeats = new Heartbeats(20_000);
    hearBus(heartbeats, 0, 5_000);
    heartbeats.heard('n', 4_000);
    expect(heartbeats.silence('n', 0)).toBe(1_000);
    hearBus(heartbeats, 60_000, 61_000);
    expect(heartbeats.silence('n', 0)).toBe(1_000);
  });

  it('give a node that is new its time', () => {
    const heartbeats = new Heartbeats(20_000);
    hearBus(heartbeats, 0, 2_000);
    expect(heartbeats.silence('n', 1_900)).toBe(100);
  });
});

describe('the taints of a node', () => {
  const wanted = (given: ObjectOf<'nodes'>, someNodeReady = true) => {
    const [command] = decideTaints({ node: given, someNodeReady: () => someNodeReady, now: momentOf(EPOCH) }).commands;
    const { patch } = (command?.data ?? {}) as { patch?: { spec: { taints: Taint[] | null } } };
    return patch === undefined ? 'unchanged' : (patch.spec.taints ?? []).map(({ key, effect }) => `${key}:${effect}`);
  };
  const mine: Taint = { key: 'example.com/mine', effect: 'NoExecute' };

  it("follow its conditions and leave users' taints alone", () => {
    expect(wanted(node('n', { taints: [mine] }, 'Unknown'))).toEqual([
      'example.com/mine:NoExecute',
      'node.kubernetes.io/unreachable:NoSchedule',
      'node.kubernetes.io/unreachable:NoExecute',
    ]);
    expect(wanted(node('n', {}, 'False'))).toEqual([
      'node.kubernetes.io/not-ready:NoSchedule',
      'node.kubernetes.io/not-ready:NoExecute',
    ]);
    expect(wanted(node('n', { taints: [mine] }, 'True'))).toBe('unchanged');
  });

  it('go when the node is well again', () => {
    const lost: Taint[] = ['NoSchedule', 'NoExecute'].map((effect) => ({
      key: 'node.kubernetes.io/unreachable',
      effect,
    }));
    expect(wanted(node('n', { taints: [...lost, mine] }, 'True'))).toEqual(['example.com/mine:NoExecute']);
    expect(wanted(node('n', { taints: lost }, 'True'))).toEqual([]);
  });

  it('say that it is cordoned', () => {
    expect(wanted(node('n', { unschedulable: true }, 'True'))).toEqual(['node.kubernetes.io/unschedulable:NoSchedule']);
  });

  it('drive no pod out while no node at all is ready', () => {
    expect(wanted(node('n', {}, 'Unknown'), false)).toEqual(['node.kubernetes.io/unreachable:NoSchedule']);
  });
});

describe('a change of one node of many', () => {
  it('is a matter of all when the first becomes ready or the last no longer is, and else of that node alone', () => {
    const controller = new NodeLifecycleController(new Heartbeats(GRACE / 2), GRACE, () => EPOCH);
    const nodes = new Map<string, ObjectOf<'nodes'>>();
    const state = { list: () => [...nodes.values()] } as unknown as ReadonlyCluster;
    const woken = (name: string, ready?: 'True' | 'False' | 'Unknown'): Iterable<string> => {
      const before = nodes.get(name);
      const after = ready === undefined ? undefined : node(name, {}, ready);
      if (after === undefined) nodes.delete(name);
      else nodes.set(name, after);
      return controller.watches.nodes({ resource: 'nodes', position: 1, before, after }, state);
    };
    expect(woken('n1', 'False')).toEqual(['n1']);
    expect(woken('n2', 'True')).toEqual(['n1', 'n2']);
    expect(woken('n1', 'True')).toEqual(['n1']);
    expect(woken('n3', 'True')).toEqual(['n3']);
    expect(woken('n1', 'Unknown')).toEqual(['n1']);
    expect(woken('n2')).toEqual([]);
    expect(woken('n3', 'False')).toEqual(['n1', 'n3']);
  });
});

describe('eviction', () => {
  const taint: Taint = { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute', timeAdded: at(0) };
  const tolerating = (seconds?: number): Toleration => ({
    key: taint.key,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: seconds,
  });
  const decided = (seconds: number, taints: Taint[] = [taint]) =>
    decideEviction({
      taints,
      pods: [
        pod('at-once'),
        pod('patient', { spec: { tolerations: [tolerating(300)] } }),
        pod('stays', { spec: { tolerations: [tolerating()] } }),
        pod('leaving', { deleting: true }),
      ],
      firstSeenMs: () => EPOCH + 10_000,
      now: momentOf(EPOCH + seconds * 1000),
    });
  const gone = (seconds: number, taints?: Taint[]) =>
    decided(seconds, taints).commands.flatMap(({ type, data }) => (type === 'DeleteObject' ? data.name : []));

  it('takes pods whose toleration has run out and looks again when the next one does', () => {
    expect(gone(100)).toEqual(['at-once']);
    expect(decided(100).requeueAfterMs).toBe(200_000);
    expect(gone(300)).toEqual(['at-once', 'patient']);
    expect(decided(300).requeueAfterMs).toBeUndefined();
  });

  it('counts from when it saw a taint that has no time', () => {
    const untimed = { ...taint, timeAdded: undefined };
    expect(gone(305, [untimed])).toEqual(['at-once']);
    expect(gone(310, [untimed])).toEqual(['at-once', 'patient']);
  });

  it('happens for NoExecute alone', () => {
    expect(gone(1_000, [{ ...taint, effect: 'NoSchedule' }])).toEqual([]);
  });
});

describe('node lifecycle over a journal', () => {
  let cluster: TestCluster;
  let heartbeats: Heartbeats;
  const conditions = (ready: string) => ({
    status: {
      conditions: [
        { type: 'Ready', status: ready },
        ...['MemoryPressure', 'DiskPressure', 'PIDPressure'].map((type) => ({ type, status: 'False' })),
      ],
    },
  });
  const get = (name: string) => cluster.journal.get('nodes', '', name);
  const ready = (name: string) => get(name)?.status?.conditions?.find(({ type }) => type === 'Ready');
  /** Passes time in steps of a second in which these nodes are heard of. */
  const beat = async (seconds: number, ...alive: string[]): Promise<void> => {
    for (let i = 0; i < seconds; i++) {
      heartbeats.heardBus(cluster.clock);
      for (const name of alive) heartbeats.heard(name, cluster.clock);
      await cluster.pass(1);
    }
  };

  beforeEach(async () => {
    cluster = new TestCluster();
    heartbeats = new Heartbeats(GRACE / 2);
    await cluster.create('namespaces', { metadata: { name: 'default' } });
    for (const name of ['n1', 'n2']) {
      await cluster.create('nodes', { metadata: { name } });
      await cluster.patch('nodes', name, conditions('True'), 'status');
      const spec = { nodeName: name, containers: [{ name: 'c', image: 'nginx' }] };
      await cluster.create('pods', { metadata: { name: `on-${name}` }, spec });
      const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
      await cluster.patch('pods', `on-${name}`, { status }, 'status');
    }
    cluster.run(new NodeLifecycleController(heartbeats, GRACE, () => cluster.clock));
  });
  afterEach(() => cluster.stop());

  it('gives a silent node up after the grace period, takes its pods out of service and later away, and takes it back', async () => {
    await beat(39, 'n1', 'n2');
    await beat(38, 'n1');
    expect(ready('n2')?.status).toBe('True');
    await beat(3, 'n1');
    expect(ready('n2')).toMatchObject({
      status: 'Unknown',
      reason: 'NodeStatusUnknown',
      message: 'Kubelet stopped posting node status.',
    });
    expect(taintsOf(get('n2'))).toEqual([
      'node.kubernetes.io/unreachable:NoSchedule',
      'node.kubernetes.io/unreachable:NoExecute',
    ]);
    const lost = cluster.journal.get('pods', 'default', 'on-n2');
    expect(lost?.status?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('False');
    expect(cluster.log.map(eventType)).toEqual(
      expect.arrayContaining(['nodes.Lost', 'nodes.TaintsChanged', 'pods.Unready']),
    );
    await beat(310, 'n1');
    expect(cluster.journal.get('pods', 'default', 'on-n2')?.metadata.deletionTimestamp).toBeDefined();
    expect(cluster.journal.get('pods', 'default', 'on-n1')?.metadata.deletionTimestamp).toBeUndefined();
    await cluster.patch('nodes', 'n2', conditions('True'), 'status');
    await beat(2, 'n1', 'n2');
    expect(taintsOf(get('n2'))).toEqual([]);
    expect(ready('n1')?.status).toBe('True');
  });

  it('gives no node up for what it could not have heard', async () => {
    await beat(5, 'n1', 'n2');
    await cluster.pass(600);
    heartbeats.heardBus(cluster.clock);
    await cluster.pass(1);
    expect([ready('n1')?.status, ready('n2')?.status]).toEqual(['True', 'True']);
    expect(names(cluster.journal.list('pods'))).toEqual(['on-n1', 'on-n2']);
  });

  it('drives no pod out when all nodes are lost', async () => {
    await beat(60);
    expect([ready('n1')?.status, ready('n2')?.status]).toEqual(['Unknown', 'Unknown']);
    await beat(400);
    expect(taintsOf(get('n1'))).toEqual(['node.kubernetes.io/unreachable:NoSchedule']);
    expect(cluster.journal.list('pods').some(({ metadata }) => metadata.deletionTimestamp !== undefined)).toBe(false);
  });

  it('writes nothing while all is well', async () => {
    await beat(1, 'n1', 'n2');
    const quiet = cluster.log.length;
    await beat(120, 'n1', 'n2');
    expect(cluster.log).toHaveLength(quiet);
  });
});
