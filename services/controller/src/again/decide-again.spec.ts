import type { LogEvent, ObjectOf } from '@shiplog/contracts';
import { endpointsController } from '../controllers/endpoints/controller';
import { GarbageController } from '../controllers/garbage/controller';
import { namespaceController } from '../controllers/namespaces/controller';
import { NodeLifecycleController } from '../controllers/nodes/controller';
import { Heartbeats } from '../controllers/nodes/heartbeats';
import { PodGcController } from '../controllers/pod-gc/controller';
import { replicationController } from '../controllers/replication/controller';
import type { Controller } from '../runtime/domain/controller';
import { TestCluster } from '../testing/cluster';
import { decideAgain, emptyState, type DecidedAgain, type PastJournal } from './domain/decide-again';

const GRACE_MS = 40_000;
const POD_SPEC = { containers: [{ name: 'main', image: 'nginx' }] };

/** Controllers that remember and ask: what they hear of nodes, what they were answered. */
const controllersOver = (journal: PastJournal, heartbeats = new Heartbeats(0)): Controller[] => [
  replicationController,
  endpointsController,
  new NodeLifecycleController(heartbeats, GRACE_MS, () => 0),
  new PodGcController({ quarantineMs: GRACE_MS, endedPodsKept: 100 }),
  namespaceController(() => journal.upToDate()),
  new GarbageController((key) => journal.ask(key)),
];

/** A cluster that has been through something of everything: its log is what the decisions are made again from. */
async function recorded(): Promise<TestCluster> {
  const cluster = new TestCluster();
  const heartbeats = new Heartbeats(GRACE_MS / 2);
  const ask: PastJournal['ask'] = ({ resource, namespace, name }) =>
    Promise.resolve(cluster.journal.get(resource, namespace, name) ?? null);
  const journal = { ask, upToDate: () => Promise.resolve() };
  await cluster.create('namespaces', { metadata: { name: 'default' } });
  for (const controller of controllersOver(journal, heartbeats)) cluster.run(controller);
  await liveOn(cluster, heartbeats);
  await cluster.stop();
  return cluster;
}

async function liveOn(cluster: TestCluster, heartbeats: Heartbeats): Promise<void> {
  const beat = async (seconds: number, ...alive: string[]): Promise<void> => {
    for (let i = 0; i < seconds; i++) {
      heartbeats.heardBus(cluster.clock);
      for (const name of alive) heartbeats.heard(name, cluster.clock);
      await cluster.pass(1);
    }
  };
  for (const name of ['n1', 'n2']) {
    await cluster.create('nodes', { metadata: { name } });
    await cluster.patch('nodes', name, { status: { conditions: [{ type: 'Ready', status: 'True' }] } }, 'status');
    await cluster.create('pods', { metadata: { name: `on-${name}` }, spec: { ...POD_SPEC, nodeName: name } });
  }
  await cluster.create('pods', { metadata: { name: 'orphan', labels: { app: 'web' } }, spec: POD_SPEC });
  const template = { metadata: { labels: { app: 'web' } }, spec: POD_SPEC };
  const spec = { replicas: 5, selector: { app: 'web' }, template };
  await cluster.create('replicationcontrollers', { metadata: { name: 'web' }, spec });
  await cluster.create('services', {
    metadata: { name: 'web' },
    spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
  });
  await cluster.settle();
  for (const [i, { metadata }] of podsOf(cluster).entries())
    await cluster.patch('pods', metadata.name, { status: { phase: 'Running', podIP: `10.244.0.${i + 2}` } }, 'status');
  await cluster.patch('replicationcontrollers', 'web', { spec: { replicas: 2 } });
  await cluster.patch('nodes', 'n1', { spec: { taints: [{ key: 'mine', effect: 'NoExecute' }] } });
  await beat(50, 'n1');
  await cluster.delete('nodes', 'n2');
  await beat(45, 'n1');
  await cluster.delete('replicationcontrollers', 'web', { propagationPolicy: 'Foreground' });
  await cluster.create('namespaces', { metadata: { name: 'brief' } });
  await cluster.delete('namespaces', 'brief');
  await cluster.settle();
}

const podsOf = (cluster: TestCluster): ObjectOf<'pods'>[] =>
  cluster.journal.list('pods').filter(({ metadata }) => metadata.labels?.app === 'web');

describe('the decisions of the controllers, made again from the log', () => {
  let log: readonly LogEvent[];
  beforeAll(async () => {
    log = (await recorded()).log;
  });
  const again = (other: (controllers: Controller[]) => Controller[] = (same) => same): Promise<DecidedAgain> =>
    decideAgain(
      () => log,
      (journal) => other(controllersOver(journal)),
    );

  it('come to what they came to then', async () => {
    const { equal, different, unknown } = await again();
    expect(different).toEqual([]);
    expect(unknown).toBe(0);
    expect([...equal.keys()].sort()).toEqual(['endpoints', 'garbage', 'namespaces', 'nodes', 'pod-gc', 'replication']);
  });

  it('are as many as their commands say', async () => {
    const { equal } = await again();
    const told = log.filter(({ data }) => data.reconciled?.by === 'replication');
    expect(told.length).toBeGreaterThan(8);
    expect(equal.get('replication')).toBeLessThan(told.length);
    expect(log.filter(({ actor }) => actor.endsWith('controller')).length).toBeGreaterThanOrEqual(told.length);
  });

  it('are different for a controller that decides otherwise, and it is said which and how', async () => {
    const patient = new NodeLifecycleController(new Heartbeats(0), GRACE_MS * 2, () => 0);
    const { equal, different } = await again((controllers) =>
      controllers.map((controller) => (controller.name === 'nodes' ? patient : controller)),
    );
    expect(equal.get('replication')).toBeGreaterThan(1);
    expect(different[0]).toMatch(
      /^nodes on n2 \(at position \d+, 2024-01-01T00:0\d:\d\dZ\): the log has nodes\.Lost n2 at \d+; made again, it does nothing$/,
    );
  });

  it('are told of by what they would do, where they would do something else', async () => {
    const hasty: Controller = {
      ...replicationController,
      reconcile: async (key, request) => {
        const { commands, ...others } = await replicationController.reconcile(key, request);
        return { ...others, commands: commands.filter(({ type }) => type !== 'PatchObject') };
      },
    };
    const { different } = await again((controllers) =>
      controllers.map((controller) => (controller.name === 'replication' ? hasty : controller)),
    );
    expect(different[0]).toMatch(
      /^replication on default\/web .*: the log has pods\.Adopted default\/orphan at \d+, pods\.Created default\/web-\w+ at \d+.* and 2 more; made again, it does CreateObject \{"id":"rc\./,
    );
  });

  it('can not be made by a controller that is not there, or that looks at what it did not then', async () => {
    const curious: Controller = {
      ...endpointsController,
      reconcile: (key, request) => {
        request.observe('the moon', () => 'full');
        return endpointsController.reconcile(key, request);
      },
    };
    const { different } = await again((controllers) => [
      ...controllers.filter(({ name }) => name !== 'endpoints' && name !== 'garbage'),
      curious,
    ]);
    expect(different.some((said) => /^garbage on .*has no controller of that name$/.test(said))).toBe(true);
    expect(different.some((said) => /^endpoints on .*looks at the moon, which it did not then$/.test(said))).toBe(true);
  });

  it('are of a part of a log those whose basis it has', async () => {
    const half = Math.floor(log.length / 2);
    const state = emptyState();
    for (const event of log.slice(0, half)) state.apply(event);
    const { equal, different, unknown } = await decideAgain(() => log.slice(half), controllersOver, {
      state,
      position: half,
    });
    expect(different).toEqual([]);
    expect(equal.size).toBeGreaterThan(1);
    expect(unknown).toBeGreaterThanOrEqual(0);
  });
});
