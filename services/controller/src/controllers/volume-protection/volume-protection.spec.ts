import { names, TestCluster } from '../../testing/cluster';
import { MemoryVolumes } from '../../testing/local-volumes';
import { volumeController } from '../volumes/controller';
import { claimOf, volumeOf } from '../volumes/testing/objects';
import { volumeProtectionController } from './controller';

const podOf = (name: string, nodeName?: string) => ({
  metadata: { name },
  spec: {
    nodeName,
    containers: [{ name: 'main', image: 'main' }],
    volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'c' } }],
  },
});

describe('claims and volumes in use', () => {
  let cluster: TestCluster;
  beforeEach(async () => {
    cluster = new TestCluster();
    await cluster.create('namespaces', { metadata: { name: 'default' } });
    for (const controller of [volumeController(new MemoryVolumes()), volumeProtectionController]) {
      cluster.run(controller);
    }
    await cluster.create('persistentvolumes', volumeOf('v'));
    await cluster.create('persistentvolumeclaims', claimOf('c'));
    await cluster.settle();
  });
  afterEach(() => cluster.stop());

  const claims = () => names(cluster.journal.list('persistentvolumeclaims'));
  const volumes = () => names(cluster.journal.list('persistentvolumes'));
  const deleteAndSettle = async (...[resource, name, options]: Parameters<TestCluster['delete']>): Promise<void> => {
    await cluster.delete(resource, name, options);
    await cluster.settle();
  };

  it('are held from the beginning', () => {
    const finalizers = (resource: 'persistentvolumes' | 'persistentvolumeclaims', namespace: string, name: string) =>
      cluster.journal.get(resource, namespace, name)?.metadata.finalizers;
    expect(finalizers('persistentvolumes', '', 'v')).toEqual(['kubernetes.io/pv-protection']);
    expect(finalizers('persistentvolumeclaims', 'default', 'c')).toEqual(['kubernetes.io/pvc-protection']);
  });

  it('go at once when nothing uses them', async () => {
    await cluster.create('pods', podOf('without-node'));
    await deleteAndSettle('persistentvolumeclaims', 'c');
    expect(claims()).toEqual([]);
    await deleteAndSettle('persistentvolumes', 'v');
    expect(volumes()).toEqual([]);
  });

  it('wait for the last pod that has a node, also for one that has ended', async () => {
    await cluster.create('pods', podOf('a', 'n1'));
    await cluster.create('pods', podOf('b', 'n1'));
    await cluster.patch('pods', 'a', { status: { phase: 'Succeeded' } }, 'status');
    await deleteAndSettle('persistentvolumeclaims', 'c');
    await deleteAndSettle('persistentvolumes', 'v');
    expect(cluster.journal.get('persistentvolumeclaims', 'default', 'c')?.metadata.deletionTimestamp).toBeDefined();
    await deleteAndSettle('pods', 'b', { gracePeriodSeconds: 0 });
    expect([...claims(), ...volumes()]).toEqual(['c', 'v']);
    await deleteAndSettle('pods', 'a', { gracePeriodSeconds: 0 });
    expect([...claims(), ...volumes()]).toEqual([]);
  });

  it('are held also if they were made before there was such a thing', async () => {
    await cluster.patch('persistentvolumes', 'v', { metadata: { finalizers: null } });
    await cluster.settle();
    expect(cluster.journal.get('persistentvolumes', '', 'v')?.metadata.finalizers).toEqual([
      'kubernetes.io/pv-protection',
    ]);
  });
});
