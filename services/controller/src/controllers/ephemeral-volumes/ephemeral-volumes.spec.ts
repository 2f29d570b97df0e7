import { TestCluster } from '../../testing/cluster';
import { ephemeralVolumeController } from './controller';

const template = {
  metadata: { labels: { app: 'web' } },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
};
const pod = {
  metadata: { name: 'web' },
  spec: {
    containers: [{ name: 'main', image: 'main' }],
    volumes: [
      { name: 'scratch', ephemeral: { volumeClaimTemplate: template } },
      { name: 'other', emptyDir: {} },
    ],
  },
};

describe('volumes that are a pod’s own', () => {
  let cluster: TestCluster;
  beforeEach(async () => {
    cluster = new TestCluster();
    cluster.run(ephemeralVolumeController);
    await cluster.create('namespaces', { metadata: { name: 'default' } });
  });
  afterEach(() => cluster.stop());
  const claims = () => cluster.journal.list('persistentvolumeclaims');

  it('get a claim that the pod owns, made of the template, and again when it goes', async () => {
    const { metadata } = await cluster.create('pods', pod);
    await cluster.settle();
    const owner = { apiVersion: 'v1', kind: 'Pod', name: 'web', uid: metadata.uid };
    expect(claims()).toMatchObject([
      {
        metadata: { name: 'web-scratch', labels: { app: 'web' }, ownerReferences: [{ ...owner, controller: true }] },
        spec: template.spec,
      },
    ]);
    await cluster.patch('persistentvolumeclaims', 'web-scratch', { metadata: { finalizers: null } });
    await cluster.delete('persistentvolumeclaims', 'web-scratch');
    await cluster.settle();
    expect(claims()).toHaveLength(1);
    const { length } = cluster.log;
    await cluster.pass(600);
    expect(cluster.log).toHaveLength(length);
  });

  it('are never somebody else’s claim of that name', async () => {
    await cluster.create('persistentvolumeclaims', { metadata: { name: 'web-scratch' }, spec: template.spec });
    await cluster.create('pods', pod);
    await cluster.settle();
    expect(claims()).toHaveLength(1);
    expect(cluster.notes).toMatchObject([
      {
        reason: 'FailedBinding',
        message: 'PVC default/web-scratch was not created for pod default/web (pod is not owner)',
      },
    ]);
  });
});
