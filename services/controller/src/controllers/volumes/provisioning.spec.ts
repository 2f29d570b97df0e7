import type { ObjectOf } from '@shiplog/contracts';
import { names, TestCluster } from '../../testing/cluster';
import { MemoryVolumes } from '../../testing/local-volumes';
import { volumeProtectionController } from '../volume-protection/controller';
import { volumeController } from './controller';
import { claimOf, classOf } from './testing/objects';

const READY = { conditions: [{ type: 'Ready', status: 'True' }] };
const LOST = { conditions: [{ type: 'Ready', status: 'Unknown' }] };
const ON_N1 = { metadata: { annotations: { 'volume.kubernetes.io/selected-node': 'n1' } } };

describe('volumes that are made for claims', () => {
  let cluster: TestCluster;
  let nodes: MemoryVolumes;
  beforeEach(async () => {
    cluster = new TestCluster();
    nodes = new MemoryVolumes();
    for (const controller of [volumeController(nodes), volumeProtectionController]) cluster.run(controller);
    await cluster.create('namespaces', { metadata: { name: 'default' } });
    await cluster.create('nodes', { metadata: { name: 'n1', labels: { 'kubernetes.io/hostname': 'host-1' } } });
    await cluster.patch('nodes', 'n1', { status: READY }, 'status');
    await cluster.create('storageclasses.storage.k8s.io', classOf('local', { allowVolumeExpansion: true }));
    await cluster.create('storageclasses.storage.k8s.io', classOf('kept', { reclaimPolicy: 'Retain' }));
  });
  afterEach(() => cluster.stop());

  const claim = (name = 'c'): ObjectOf<'persistentvolumeclaims'> =>
    cluster.journal.get('persistentvolumeclaims', 'default', name)!;
  const volume = (): ObjectOf<'persistentvolumes'> | undefined => cluster.journal.list('persistentvolumes')[0];
  const told = (): string[] => cluster.notes.map(({ reason, message }) => `${reason}: ${message}`);
  const claimed = async (options: Parameters<typeof claimOf>[1] = {}, patch: object = ON_N1): Promise<void> => {
    await cluster.create('persistentvolumeclaims', claimOf('c', { storageClass: 'local', size: '2Gi', ...options }));
    await cluster.settle();
    await cluster.patch('persistentvolumeclaims', 'c', patch);
    await cluster.settle();
  };
  /** A volume is made, and a user deletes it before the claim is bound to it. */
  const cancelled = async (): Promise<string[]> => {
    const uids: string[] = [];
    cluster.onDecided = () => {
      const { resource, fact, name, uid } = cluster.log.at(-1)!;
      if (resource !== 'persistentvolumes' || fact !== 'Created' || uids.length > 0) return;
      uids.push(uid);
      void cluster.delete('persistentvolumes', name);
    };
    await claimed();
    return uids;
  };
  const unclaimed = async (): Promise<void> => {
    await cluster.delete('persistentvolumeclaims', 'c');
    await cluster.settle();
  };

  it('are directories of the node that was chosen for their first pod', async () => {
    await claimed({}, {});
    expect(told()).toEqual(['WaitForFirstConsumer: waiting for first consumer to be created before binding']);
    await cluster.patch('persistentvolumeclaims', 'c', ON_N1);
    await cluster.settle();
    const name = `pvc-${claim().metadata.uid}`;
    expect([...nodes.directories]).toEqual([`n1/${name}`]);
    expect(volume()).toMatchObject({
      metadata: {
        name,
        annotations: { 'pv.kubernetes.io/provisioned-by': 'shiplog.dev/local' },
        finalizers: ['external-provisioner.volume.kubernetes.io/finalizer', 'kubernetes.io/pv-protection'],
      },
      spec: {
        capacity: { storage: '2Gi' },
        accessModes: ['ReadWriteOnce'],
        local: { path: `/volumes/${name}` },
        nodeAffinity: {
          required: {
            nodeSelectorTerms: [
              { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['host-1'] }] },
            ],
          },
        },
        persistentVolumeReclaimPolicy: 'Delete',
        storageClassName: 'local',
      },
      status: { phase: 'Bound' },
    });
    expect(claim()).toMatchObject({
      metadata: { annotations: { 'volume.kubernetes.io/storage-provisioner': 'shiplog.dev/local' } },
      spec: { volumeName: name },
      status: { phase: 'Bound', capacity: { storage: '2Gi' } },
    });
    expect(told()).toContain(`ProvisioningSucceeded: Successfully provisioned volume ${name}`);
  });

  it('go with their claim, their files first', async () => {
    await claimed();
    nodes.failing = () => 'unreachable';
    await unclaimed();
    expect(volume()?.status?.phase).toBe('Released');
    expect(told()).toContain('VolumeFailedDelete: unreachable');
    nodes.failing = () => undefined;
    await cluster.pass(15);
    expect(volume()).toBeUndefined();
    expect(nodes.directories.size).toBe(0);
  });

  it('stay with their files where the class has it so, and go without them', async () => {
    await claimed({ storageClass: 'kept' });
    await unclaimed();
    expect(volume()?.status?.phase).toBe('Released');
    await cluster.delete('persistentvolumes', volume()!.metadata.name);
    await cluster.settle();
    expect(volume()).toBeUndefined();
    expect(nodes.directories.size).toBe(1);
  });

  it('go with their files when they are deleted before their claim', async () => {
    await claimed();
    await cluster.delete('persistentvolumes', volume()!.metadata.name);
    await cluster.settle();
    expect([volume()?.status?.phase, nodes.directories.size]).toEqual(['Bound', 1]);
    await unclaimed();
    expect([volume(), nodes.directories.size]).toEqual([undefined, 0]);
  });

  it('are made anew when one is deleted before the claim has got it', async () => {
    const [made] = await cancelled();
    await cluster.settle();
    expect(claim().status?.phase).toBe('Bound');
    expect(volume()?.metadata.uid).not.toBe(made);
    expect(nodes.directories.size).toBe(1);
  });

  it('are not held by a node that has gone for good', async () => {
    await claimed();
    nodes.failing = () => 'unreachable';
    await unclaimed();
    expect(volume()).toBeDefined();
    await cluster.delete('nodes', 'n1');
    await cluster.settle();
    expect(volume()).toBeUndefined();
  });

  it('are asked for again where the node did not answer, and made once', async () => {
    nodes.failing = () => 'reply lost';
    await claimed();
    expect(told()).toContain('ProvisioningFailed: failed to provision volume with StorageClass "local": reply lost');
    expect(claim().status?.phase).toBe('Pending');
    nodes.failing = () => undefined;
    await cluster.pass(15);
    expect(claim().status?.phase).toBe('Bound');
    expect(nodes.directories.size).toBe(1);
  });

  it('leave no directory behind whose reply was lost, and whose claim goes or is to be elsewhere', async () => {
    nodes.failing = () => 'reply lost';
    await claimed();
    nodes.failing = () => 'unreachable';
    await unclaimed();
    expect(nodes.directories.size).toBe(1);
    nodes.failing = () => undefined;
    await cluster.pass(15);
    expect(nodes.directories.size).toBe(0);

    await cluster.create('nodes', { metadata: { name: 'n2' } });
    await cluster.patch('nodes', 'n2', { status: READY }, 'status');
    nodes.failing = (node) => (node === 'n1' ? 'reply lost' : undefined);
    await claimed();
    await cluster.patch('persistentvolumeclaims', 'c', {
      metadata: { annotations: { 'volume.kubernetes.io/selected-node': 'n2' } },
    });
    await cluster.settle();
    nodes.failing = () => undefined;
    await cluster.pass(15);
    expect([...nodes.directories]).toEqual([`n2/${volume()!.metadata.name}`]);
    const quiet = cluster.log.length;
    await cluster.pass(600);
    expect(cluster.log).toHaveLength(quiet);
  });

  it('keep a directory with anything in it that nobody waits for', async () => {
    nodes.failing = () => 'reply lost';
    await claimed();
    nodes.failing = () => 'unreachable';
    await unclaimed();
    for (const directory of nodes.directories) nodes.filled.add(directory);
    nodes.failing = () => undefined;
    await cluster.pass(15);
    expect(nodes.directories.size).toBe(1);
  });

  it('are left to another node where the chosen one is lost or has gone', async () => {
    await cluster.patch('nodes', 'n1', { status: LOST }, 'status');
    await claimed();
    expect(told()).toContain(
      'ProvisioningFailed: failed to provision volume with StorageClass "local": node "n1" is not ready',
    );
    expect(claim().metadata.annotations).toBeUndefined();
    await cluster.patch('persistentvolumeclaims', 'c', {
      metadata: { annotations: { 'volume.kubernetes.io/selected-node': 'n2' } },
    });
    await cluster.settle();
    expect(told()).toContain(
      'ProvisioningFailed: failed to provision volume with StorageClass "local": node "n2" not found',
    );
    expect(claim().metadata.annotations).toBeUndefined();
  });

  it.each([
    [
      { modes: ['ReadWriteMany'] },
      'access mode ReadWriteMany is not supported, only ReadWriteOnce and ReadWriteOncePod',
    ],
    [{ spec: { volumeMode: 'Block' } }, 'shiplog.dev/local does not support block volume provisioning'],
    [{ spec: { selector: { matchLabels: { a: 'b' } } } }, 'claim Selector is not supported'],
    [{ spec: { dataSource: { kind: 'PersistentVolumeClaim', name: 'x' } } }, 'claim DataSource is not supported'],
  ])('are not made of %j', async (options, problem) => {
    await claimed(options);
    expect(told()).toContain(`ProvisioningFailed: failed to provision volume with StorageClass "local": ${problem}`);
    expect(volume()).toBeUndefined();
  });

  it('grow when their claim does', async () => {
    await claimed();
    await cluster.patch('persistentvolumeclaims', 'c', { spec: { resources: { requests: { storage: '5Gi' } } } });
    await cluster.settle();
    expect(volume()?.spec?.capacity).toEqual({ storage: '5Gi' });
    expect(claim().status?.capacity).toEqual({ storage: '5Gi' });
    expect(told()).toContain('VolumeResizeSuccessful: Resize volume succeeded');
    expect(claim().status).toMatchObject({ phase: 'Bound', allocatedResources: { storage: '5Gi' } });
    for (const field of ['allocatedResourceStatuses', 'conditions']) expect(claim().status).not.toHaveProperty(field);
  });

  it('say while they are made larger that they are', async () => {
    await claimed();
    const seen: unknown[] = [];
    cluster.onDecided = () => {
      const { resource, fact } = cluster.log.at(-1)!;
      if (resource === 'persistentvolumeclaims' && fact === 'StatusChanged') seen.push(claim().status);
    };
    await cluster.patch('persistentvolumeclaims', 'c', { spec: { resources: { requests: { storage: '5Gi' } } } });
    await cluster.settle();
    expect(seen).toEqual([
      expect.objectContaining({
        capacity: { storage: '2Gi' },
        allocatedResources: { storage: '5Gi' },
        allocatedResourceStatuses: { storage: 'ControllerResizeInProgress' },
        conditions: [{ type: 'Resizing', status: 'True', lastTransitionTime: expect.any(String) as string }],
      }),
      expect.objectContaining({ capacity: { storage: '5Gi' } }),
    ]);
  });

  it('leave nothing to do', async () => {
    await claimed();
    const { length } = cluster.log;
    await cluster.pass(600);
    expect(cluster.log).toHaveLength(length);
    await unclaimed();
    expect(names(cluster.journal.list('persistentvolumes'))).toEqual([]);
  });
});
