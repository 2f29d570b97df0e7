import type { ObjectOf } from '@shiplog/contracts';
import { controllerOf } from '@shiplog/kube';
import { isPodActive } from '../../domain/pods';
import { names, TestCluster } from '../../testing/cluster';
import { replicaSetController } from './controller';

const POD_SPEC = { containers: [{ name: 'main', image: 'nginx' }] };
const SELECTOR = { matchExpressions: [{ key: 'tier', operator: 'In', values: ['front', 'edge'] }] };
const setOf = (name: string, replicas: number) => ({
  metadata: { name },
  spec: { replicas, selector: SELECTOR, template: { metadata: { labels: { tier: 'front' } }, spec: POD_SPEC } },
});

describe('ReplicaSets over a journal', () => {
  let cluster: TestCluster;
  beforeEach(async () => {
    cluster = new TestCluster();
    await cluster.create('namespaces', { metadata: { name: 'default' } });
    cluster.run(replicaSetController);
  });
  afterEach(() => cluster.stop());

  const podsOf = (name: string): ObjectOf<'pods'>[] =>
    cluster.journal.list('pods').filter((pod) => controllerOf(pod)?.name === name && isPodActive(pod));
  const statusOf = (name: string) => cluster.journal.get('replicasets.apps', 'default', name)?.status;

  it('come to as many pods as are asked for, owned by them and of their template, and come to rest', async () => {
    await cluster.create('replicasets.apps', setOf('web', 3));
    await cluster.settle();
    expect(podsOf('web')).toHaveLength(3);
    expect(podsOf('web')[0]?.metadata).toMatchObject({
      generateName: 'web-',
      labels: { tier: 'front' },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', controller: true }],
    });
    expect(statusOf('web')).toMatchObject({ replicas: 3, fullyLabeledReplicas: 3, observedGeneration: 1 });
    const quiet = cluster.log.length;
    await cluster.pass(3600);
    expect(cluster.log).toHaveLength(quiet);
  });

  it('take what their set of labels selects, and let go of what it no longer does', async () => {
    await cluster.create('pods', { metadata: { name: 'orphan', labels: { tier: 'edge' } }, spec: POD_SPEC });
    await cluster.create('replicasets.apps', setOf('web', 2));
    await cluster.settle();
    expect(names(podsOf('web'))).toContain('orphan');
    expect(statusOf('web')).toMatchObject({ replicas: 2, fullyLabeledReplicas: 1 });
    await cluster.patch('pods', 'orphan', { metadata: { labels: { tier: 'back' } } });
    await cluster.settle();
    expect(controllerOf(cluster.journal.get('pods', 'default', 'orphan'))).toBeUndefined();
    expect(podsOf('web')).toHaveLength(2);
  });

  it('thin out the node that is crowded by all sets of their Deployment', async () => {
    const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'd', controller: true };
    for (const [name, replicas] of [
      ['old', 2],
      ['new', 2],
    ] as const) {
      const labels = { version: name };
      const template = { metadata: { labels }, spec: POD_SPEC };
      const spec = { replicas, selector: { matchLabels: labels }, template };
      await cluster.create('replicasets.apps', { metadata: { name, ownerReferences: [owner] }, spec });
    }
    await cluster.settle();
    for (const name of ['node-1', 'node-2']) await cluster.create('nodes', { metadata: { name } });
    const [lonely, crowded] = podsOf('old').map(({ metadata }) => metadata.name);
    for (const pod of cluster.journal.list('pods')) {
      const node = pod.metadata.name === lonely ? 'node-1' : 'node-2';
      const { namespace = '', name, uid } = pod.metadata;
      await cluster.send({ type: 'BindPods', data: { bindings: [{ namespace, name, uid, node }] } });
    }
    await cluster.patch('replicasets.apps', 'old', { spec: { replicas: 1 } });
    await cluster.settle();
    expect(names(podsOf('old'))).toEqual([lonely]);
    expect(cluster.journal.get('pods', 'default', crowded!)?.metadata.deletionTimestamp).toBeDefined();
  });

  it('say that a quota refuses their pods, until fewer are asked for', async () => {
    await cluster.create('resourcequotas', { metadata: { name: 'few' }, spec: { hard: { pods: '2' } } });
    await cluster.create('replicasets.apps', setOf('web', 3));
    for (let i = 0; i < 50 && statusOf('web')?.conditions === undefined; i++) await cluster.pass(1);
    expect(podsOf('web')).toHaveLength(2);
    const message = expect.stringMatching(/^pods "web-.*" is forbidden: exceeded quota: few/);
    expect(statusOf('web')?.conditions).toMatchObject([
      { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message },
    ]);
    expect(cluster.notes[0]).toMatchObject({
      type: 'Warning',
      reason: 'FailedCreate',
      component: 'replicaset-controller',
      message: expect.stringMatching(/^Error creating: pods "web-/),
      about: { resource: 'replicasets.apps', name: 'web' },
    });
    await cluster.patch('replicasets.apps', 'web', { spec: { replicas: 2 } });
    await cluster.settle();
    expect(statusOf('web')?.conditions).toBeUndefined();
  });
});
