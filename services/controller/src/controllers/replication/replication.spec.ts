import { ADMINISTRATOR, type ObjectOf } from '@shiplog/contracts';
import { controllerOf } from '@shiplog/kube';
import { isPodActive } from '../../domain/pods';
import { names, TestCluster } from '../../testing/cluster';
import { replicationController } from './controller';

const POD_SPEC = { containers: [{ name: 'main', image: 'nginx' }] };
const rcOf = (name: string, replicas: number, app: string) => ({
  metadata: { name },
  spec: {
    replicas,
    selector: { app },
    template: { metadata: { labels: { app } }, spec: POD_SPEC },
  },
});
const podOf = (name: string, app: string) => ({ metadata: { name, labels: { app } }, spec: POD_SPEC });

async function clusterWith(): Promise<TestCluster> {
  const cluster = new TestCluster();
  await cluster.create('namespaces', { metadata: { name: 'default' } });
  return cluster;
}
const podsOf = (cluster: TestCluster, rc: string): ObjectOf<'pods'>[] =>
  cluster.journal.list('pods').filter((pod) => controllerOf(pod)?.name === rc && isPodActive(pod));

describe('ReplicationControllers over a journal', () => {
  let cluster: TestCluster;
  beforeEach(async () => {
    cluster = await clusterWith();
  });
  afterEach(() => cluster.stop());

  it('come to as many pods as are asked for, whether it grows or shrinks, and come to rest', async () => {
    cluster.run(replicationController);
    await cluster.create('replicationcontrollers', rcOf('web', 3, 'web'));
    await cluster.settle();
    expect(podsOf(cluster, 'web')).toHaveLength(3);
    expect(cluster.journal.get('replicationcontrollers', 'default', 'web')?.status).toMatchObject({
      replicas: 3,
      observedGeneration: 1,
    });
    await cluster.patch('replicationcontrollers', 'web', { spec: { replicas: 1 } });
    await cluster.settle();
    expect(podsOf(cluster, 'web')).toHaveLength(1);
    const quiet = cluster.log.length;
    await cluster.pass(3600);
    expect(cluster.log).toHaveLength(quiet);
  });

  it('adopt an orphan in place of making a pod, and release one whose labels change', async () => {
    await cluster.create('pods', podOf('orphan', 'web'));
    cluster.run(replicationController);
    await cluster.create('replicationcontrollers', rcOf('web', 2, 'web'));
    await cluster.settle();
    expect(names(podsOf(cluster, 'web'))).toContain('orphan');
    expect(podsOf(cluster, 'web')).toHaveLength(2);
    expect(cluster.log.map(({ fact }) => fact)).toContain('Adopted');
    await cluster.patch('pods', 'orphan', { metadata: { labels: { app: 'debug' } } });
    await cluster.settle();
    expect(controllerOf(cluster.journal.get('pods', 'default', 'orphan'))).toBeUndefined();
    expect(podsOf(cluster, 'web')).toHaveLength(2);
    expect(cluster.log.map(({ fact }) => fact)).toContain('Released');
  });

  it('make no pod twice when replies are lost and the projection is behind', async () => {
    let lost = 0;
    cluster.lagging = true;
    cluster.loseReply = (command) => command.type === 'CreateObject' && command.actor !== ADMINISTRATOR && ++lost <= 5;
    cluster.run(replicationController);
    await cluster.create('replicationcontrollers', rcOf('web', 3, 'web'));
    cluster.deliver();
    for (let i = 0; i < 30; i++) await new Promise((resolve) => setTimeout(resolve, 2));
    expect(podsOf(cluster, 'web')).toHaveLength(3);
    cluster.lagging = false;
    cluster.deliver();
    await cluster.settle();
    expect(podsOf(cluster, 'web')).toHaveLength(3);
    expect(cluster.log.filter(({ resource, fact }) => resource === 'pods' && fact === 'Created')).toHaveLength(3);
    expect(cluster.lines.some(({ line }) => line.startsWith('no answer'))).toBe(true);
  });

  it('name what they looked at and what woke them', async () => {
    cluster.run(replicationController);
    await cluster.create('replicationcontrollers', rcOf('web', 1, 'web'));
    const asked = cluster.log.length;
    await cluster.settle();
    expect(cluster.log.find(({ resource, fact }) => resource === 'pods' && fact === 'Created')).toMatchObject({
      actor: 'system:shiplog:controller',
      cause: asked,
      basis: asked,
      data: { reconciled: { by: 'replication', key: 'default/web', now: cluster.clock, plan: expect.any(String) } },
    });
  });

  it('say on the controller why its pods are refused', async () => {
    await cluster.create('replicationcontrollers', rcOf('bad', 1, 'bad'));
    cluster.run({
      ...replicationController,
      reconcile: async (key, request) => {
        const decided = await replicationController.reconcile(key, request);
        for (const command of decided.commands) {
          if (command.type === 'CreateObject') command.data.object.metadata.generateName = 'NOT A NAME-';
        }
        return decided;
      },
    });
    for (let i = 0; i < 50 && !failureOf(cluster); i++) {
      cluster.clock += 10;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(failureOf(cluster)).toMatchObject({ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate' });
    expect(podsOf(cluster, 'bad')).toEqual([]);
    expect(cluster.notes[0]).toMatchObject({ type: 'Warning', reason: 'FailedCreate', about: { name: 'bad' } });
    expect(cluster.lines).toContainEqual(expect.objectContaining({ level: 'warn', line: 'will try again' }));
  });
});

function failureOf(cluster: TestCluster) {
  return cluster.journal.get('replicationcontrollers', 'default', 'bad')?.status?.conditions?.[0];
}
