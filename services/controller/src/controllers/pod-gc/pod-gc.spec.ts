import type { ReadonlyCluster } from '@shiplog/cluster';
import { momentOf, type ReconcileRequest } from '../../runtime/domain/controller';
import { names, TestCluster } from '../../testing/cluster';
import { EPOCH, node, pod } from '../../testing/objects';
import { PodGcController } from './controller';
import { decideEndedPods, decideNodePods, type NodePodsView } from './decide';

const LOOK_EVERY_MS = 20_000;

const decided = (given: Partial<NodePodsView>) =>
  decideNodePods({
    node: undefined,
    pods: [],
    missingSinceMs: () => EPOCH,
    quarantineMs: 40_000,
    lookEveryMs: LOOK_EVERY_MS,
    now: momentOf(EPOCH + 60_000),
    ...given,
  });
const removed = (given: Partial<NodePodsView>) =>
  decided(given)
    .commands.filter(({ type }) => type === 'DeleteObject')
    .map(({ data }) => data as { name: string; gracePeriodSeconds?: number });

describe('pods that nobody else removes', () => {
  it('are those of a node that has been gone for a while: at once, as no kubelet will answer', () => {
    const pods = [pod('lost', { node: 'n2' })];
    expect(removed({ pods })).toMatchObject([{ name: 'lost', gracePeriodSeconds: 0 }]);
    const early = decided({ pods, missingSinceMs: () => EPOCH + 30_000 });
    expect(early).toEqual({ commands: [], requeueAfterMs: 10_000 });
  });

  it('are those that are leaving a node declared out of service', () => {
    const taints = [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }];
    const pods = [pod('leaving', { node: 'n1', deleting: true }), pod('running', { node: 'n1' })];
    expect(removed({ pods, node: node('n1', {}, 'Unknown') })).toEqual([]);
    expect(removed({ pods, node: node('n1', { taints }, 'True') })).toEqual([]);
    expect(removed({ pods, node: node('n1', { taints }, 'Unknown') }).map(({ name }) => name)).toEqual(['leaving']);
  });

  it('are the oldest of too many that have ended', () => {
    const pods = [5, 1, 3].map((created) => pod(`ended-${created}`, { node: 'n1', phase: 'Failed', created }));
    const { commands } = decideEndedPods(pods, 1, LOOK_EVERY_MS);
    expect(commands.map(({ data }) => (data as { name: string }).name)).toEqual(['ended-1', 'ended-3']);
  });

  it('are looked for among all pods only when one may have ended since', () => {
    const controller = new PodGcController({ quarantineMs: 40_000, endedPodsKept: 1 });
    let looks = 0;
    let pods = [pod('ended-1', { node: 'n1', phase: 'Failed', created: 1 })];
    const state = { list: () => (looks++, pods), get: () => node('n1') } as unknown as ReadonlyCluster;
    const look = () =>
      controller.reconcile('ended', {
        state,
        now: momentOf(EPOCH),
      } as ReconcileRequest);
    expect([look(), look()].map(({ commands }) => commands)).toEqual([[], []]);
    expect(looks).toBe(1);
    const after = pod('ended-2', { node: 'n1', phase: 'Failed', created: 2 });
    pods = [...pods, after];
    controller.watches.pods({ resource: 'pods', position: 1, before: undefined, after }, state);
    expect([look(), look()].map(({ commands }) => commands.length)).toEqual([1, 1]);
    expect(look().requeueAfterMs).toBe(LOOK_EVERY_MS);
  });

  it('are so many at once, and the others soon after', () => {
    const pods = Array.from({ length: 700 }, (_, i) => pod(`p-${i}`, { node: 'n2' }));
    const { commands, requeueAfterMs = Infinity } = decided({ pods });
    expect(commands.filter(({ type }) => type === 'DeleteObject')).toHaveLength(500);
    expect(requeueAfterMs).toBeLessThan(1_000);
  });
});

describe('the end of a node over a journal', () => {
  it('takes its pods along after the quarantine, also those that were bound to it later, and no others', async () => {
    const cluster = new TestCluster();
    await cluster.create('namespaces', { metadata: { name: 'default' } });
    const bind = (name: string, nodeName: string) =>
      cluster.create('pods', { metadata: { name }, spec: { nodeName, containers: [{ name: 'c', image: 'nginx' }] } });
    for (const name of ['n1', 'n2']) {
      await cluster.create('nodes', { metadata: { name } });
      await bind(`on-${name}`, name);
    }
    cluster.run(new PodGcController({ quarantineMs: 40_000, endedPodsKept: 100 }));
    await cluster.delete('nodes', 'n2');
    await bind('late', 'n2');
    await cluster.settle();
    await cluster.pass(30);
    expect(names(cluster.journal.list('pods'))).toEqual(['late', 'on-n1', 'on-n2']);
    await cluster.pass(15);
    expect(names(cluster.journal.list('pods'))).toEqual(['on-n1']);
    const quiet = cluster.log.length;
    await cluster.pass(3_600);
    expect(cluster.log).toHaveLength(quiet);
    await cluster.stop();
  });
});

describe('pods that somebody holds with a finalizer', () => {
  let cluster: TestCluster;
  beforeEach(async () => {
    cluster = new TestCluster();
    await cluster.create('namespaces', { metadata: { name: 'default' } });
    cluster.run(new PodGcController({ quarantineMs: 40_000, endedPodsKept: 100 }));
  });
  afterEach(() => cluster.stop());

  const held = (nodeName?: string) =>
    cluster.create('pods', {
      metadata: { name: 'held', finalizers: ['example.com/hold'] },
      spec: { nodeName, containers: [{ name: 'c', image: 'nginx' }] },
    });
  const status = () => cluster.journal.get('pods', 'default', 'held')?.status;
  const staysQuiet = async () => {
    const quiet = cluster.log.length;
    await cluster.pass(3_600);
    expect(cluster.log).toHaveLength(quiet);
  };

  it('have failed when they are to go and no node ever had them', async () => {
    await held();
    await cluster.settle();
    expect(status()?.phase).toBe('Pending');
    await cluster.delete('pods', 'held');
    await cluster.settle();
    expect(status()?.phase).toBe('Failed');
    await staysQuiet();
  });

  it('have failed with their node, and say why', async () => {
    await held('never-there');
    await cluster.settle();
    await cluster.pass(60);
    expect(status()).toMatchObject({
      phase: 'Failed',
      conditions: [{ type: 'DisruptionTarget', reason: 'DeletionByPodGC', message: 'PodGC: node no longer exists' }],
    });
    await staysQuiet();
  });
});
