import type { ObjectOf } from '@shiplog/contracts';
import { keepFor } from '@shiplog/kube';
import { TestCluster } from '../../testing/cluster';
import { MemoryVolumes } from '../../testing/local-volumes';
import { volumeController } from './controller';
import { claimOf, classOf, volumeOf } from './testing/objects';

describe('binding of claims', () => {
  let cluster: TestCluster;
  beforeEach(async () => {
    cluster = new TestCluster();
    cluster.run(volumeController(new MemoryVolumes()));
    await cluster.create('namespaces', { metadata: { name: 'default' } });
  });
  afterEach(() => cluster.stop());

  const claim = (name: string): ObjectOf<'persistentvolumeclaims'> =>
    cluster.journal.get('persistentvolumeclaims', 'default', name)!;
  const volume = (name: string): ObjectOf<'persistentvolumes'> | undefined =>
    cluster.journal.get('persistentvolumes', '', name);
  const events = (name: string): string[] =>
    cluster.notes.filter(({ about }) => about.name === name).map(({ reason, message }) => `${reason}: ${message}`);
  const given = async (...volumes: ReturnType<typeof volumeOf>[]): Promise<void> => {
    for (const one of volumes) await cluster.create('persistentvolumes', one);
    await cluster.settle();
  };
  const when = async (...claims: ReturnType<typeof claimOf>[]): Promise<void> => {
    for (const one of claims) await cluster.create('persistentvolumeclaims', one);
    await cluster.settle();
  };

  it('writes both sides, and what was got', async () => {
    await given(volumeOf('v', { size: '2Gi', modes: ['ReadWriteOnce', 'ReadOnlyMany'] }));
    expect(volume('v')?.status).toMatchObject({ phase: 'Available' });
    await when(claimOf('c'));
    expect(claim('c')).toMatchObject({
      metadata: {
        annotations: { 'pv.kubernetes.io/bind-completed': 'yes', 'pv.kubernetes.io/bound-by-controller': 'yes' },
      },
      spec: { volumeName: 'v' },
      status: { phase: 'Bound', capacity: { storage: '2Gi' }, accessModes: ['ReadWriteOnce', 'ReadOnlyMany'] },
    });
    expect(volume('v')).toMatchObject({
      metadata: { annotations: { 'pv.kubernetes.io/bound-by-controller': 'yes' } },
      spec: {
        claimRef: { kind: 'PersistentVolumeClaim', namespace: 'default', name: 'c', uid: claim('c').metadata.uid },
      },
      status: { phase: 'Bound', lastPhaseTransitionTime: expect.any(String) },
    });
  });

  it('takes the smallest volume that fits in size, access, class, mode and labels', async () => {
    await given(
      volumeOf('small', { size: '1Gi' }),
      volumeOf('large', { size: '5Gi' }),
      volumeOf('fitting', { size: '3Gi' }),
      volumeOf('class', { size: '2Gi', storageClass: 'fast' }),
      volumeOf('block', { size: '2Gi', spec: { volumeMode: 'Block' } }),
      volumeOf('many', { size: '2Gi', modes: ['ReadOnlyMany'] }),
      volumeOf('labelled', { size: '9Gi', labels: { tier: 'gold' } }),
    );
    await when(claimOf('c', { size: '2Gi' }));
    expect(claim('c').spec?.volumeName).toBe('fitting');
    await when(claimOf('gold', { spec: { selector: { matchLabels: { tier: 'gold' } } } }));
    expect(claim('gold').spec?.volumeName).toBe('labelled');
    await when(claimOf('fast', { storageClass: 'fast' }), claimOf('block', { spec: { volumeMode: 'Block' } }));
    expect([claim('fast').spec?.volumeName, claim('block').spec?.volumeName]).toEqual(['class', 'block']);
    await when(claimOf('none', { size: '20Gi' }));
    expect(claim('none').status).toEqual({ phase: 'Pending' });
    expect(events('none')).toEqual([
      'FailedBinding: no persistent volumes available for this claim and no storage class is set',
    ]);
  });

  it('gives a volume to the claim that waits for one like it', async () => {
    await when(claimOf('c', { size: '2Gi' }));
    await given(volumeOf('v', { size: '3Gi' }));
    expect(claim('c').status?.phase).toBe('Bound');
  });

  it('keeps a volume for the claim that it names', async () => {
    await given(volumeOf('v', { spec: { claimRef: { namespace: 'default', name: 'mine' } } }));
    expect(volume('v')?.status?.phase).toBe('Available');
    await when(claimOf('other'), claimOf('mine'));
    expect(claim('other').status?.phase).toBe('Pending');
    expect(claim('mine')).toMatchObject({ spec: { volumeName: 'v' }, status: { phase: 'Bound' } });
    expect(volume('v')?.metadata.annotations).toBeUndefined();
  });

  it('gives a claim the volume that it names, if that will do', async () => {
    await given(volumeOf('v', { labels: { not: 'selected' } }), volumeOf('slow', { storageClass: 'slow' }));
    await when(claimOf('c', { spec: { volumeName: 'v', selector: { matchLabels: { a: 'b' } } } }));
    expect(claim('c').status?.phase).toBe('Bound');
    expect(claim('c').metadata.annotations).toEqual({ 'pv.kubernetes.io/bind-completed': 'yes' });
    await when(claimOf('late', { spec: { volumeName: 'v' } }), claimOf('odd', { spec: { volumeName: 'slow' } }));
    expect([claim('late').status?.phase, claim('odd').status?.phase]).toEqual(['Pending', 'Pending']);
    expect(events('late')).toEqual(['FailedBinding: volume "v" already bound to a different claim.']);
    expect(events('odd')).toEqual([
      'VolumeMismatch: Cannot bind to requested volume "slow": storageClassName does not match',
    ]);
  });

  it('makes one of two claims wait that want the same volume at once', async () => {
    await given(volumeOf('v'));
    cluster.lagging = true;
    for (const name of ['a', 'b']) await cluster.create('persistentvolumeclaims', claimOf(name));
    cluster.lagging = false;
    cluster.deliver();
    await cluster.settle();
    expect([claim('a'), claim('b')].map(({ status }) => status?.phase).sort()).toEqual(['Bound', 'Pending']);
  });

  it('lets nobody keep a volume for a claim who has not seen that it is another’s', async () => {
    await given(volumeOf('v'));
    await when(claimOf('late', { size: '9Gi' }));
    const decided = keepFor(claim('late'), volume('v')!);
    await when(claimOf('c'));
    await expect(cluster.send(decided)).rejects.toThrow('the object has been modified');
    expect(volume('v')?.spec?.claimRef?.name).toBe('c');
  });

  it('says that a claim has lost its volume, for good', async () => {
    await given(volumeOf('v'));
    await when(claimOf('c'));
    await cluster.patch('persistentvolumes', 'v', { metadata: { finalizers: null } });
    await cluster.delete('persistentvolumes', 'v');
    await cluster.settle();
    expect(claim('c').status).toEqual({ phase: 'Lost' });
    expect(events('c')).toContain('ClaimLost: Bound claim has lost its PersistentVolume. Data on the volume is lost!');
    await given(volumeOf('v'));
    expect(volume('v')?.spec?.claimRef?.name).toBe('c');
    expect(claim('c').status?.phase).toBe('Bound');
  });

  it('gives a claim without a class the default one when that comes', async () => {
    await when(claimOf('c', { storageClass: null }));
    const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' };
    await cluster.create('storageclasses.storage.k8s.io', {
      ...classOf('local'),
      metadata: { name: 'local', annotations },
    });
    await cluster.settle();
    expect(claim('c').spec?.storageClassName).toBe('local');
    expect(events('c')).toContain('WaitForFirstConsumer: waiting for first consumer to be created before binding');
  });

  it('tells what becomes of a claim that nobody here makes a volume for', async () => {
    await cluster.create(
      'storageclasses.storage.k8s.io',
      classOf('cloud', { provisioner: 'example.com/disk', volumeBindingMode: 'Immediate' }),
    );
    await cluster.create(
      'storageclasses.storage.k8s.io',
      classOf('none', { provisioner: 'kubernetes.io/no-provisioner', volumeBindingMode: 'Immediate' }),
    );
    await when(...['cloud', 'none', 'absent'].map((name) => claimOf(name, { storageClass: name })));
    expect(claim('cloud').metadata.annotations).toMatchObject({
      'volume.kubernetes.io/storage-provisioner': 'example.com/disk',
    });
    expect(events('cloud')[0]).toMatch(
      /^ExternalProvisioning: Waiting for a volume .* provisioner 'example.com\/disk'/,
    );
    expect(events('none')).toEqual(['ProvisioningFailed: no volume plugin matched name: kubernetes.io/no-provisioner']);
    expect(events('absent')).toEqual(['ProvisioningFailed: storageclass.storage.k8s.io "absent" not found']);
  });

  it('leaves a volume whose claim has gone to its policy', async () => {
    for (const policy of ['Retain', 'Delete', 'Recycle']) {
      await given(volumeOf(policy.toLowerCase(), { policy }));
      await when(claimOf('c'));
      await cluster.patch('persistentvolumeclaims', 'c', { metadata: { finalizers: null } });
      await cluster.delete('persistentvolumeclaims', 'c');
      await cluster.settle();
    }
    expect(volume('retain')?.status?.phase).toBe('Released');
    expect(volume('delete')?.status).toMatchObject({
      phase: 'Failed',
      message: 'error getting deleter volume plugin for volume "delete": no deletable volume plugin matched',
    });
    expect(volume('recycle')?.status).toMatchObject({
      phase: 'Failed',
      message: 'No recycler plugin found for the volume!',
    });
    // It holds another's data.
    await when(claimOf('c'));
    expect(claim('c').status?.phase).toBe('Pending');
    await cluster.patch('persistentvolumes', 'retain', { spec: { claimRef: null } });
    await cluster.settle();
    expect(claim('c')).toMatchObject({ spec: { volumeName: 'retain' }, status: { phase: 'Bound' } });
  });

  it('writes nothing once it has settled', async () => {
    await given(volumeOf('v'), volumeOf('w'));
    await when(claimOf('c'), claimOf('big', { size: '7Gi' }));
    const { length } = cluster.log;
    await cluster.pass(600);
    expect(cluster.log).toHaveLength(length);
  });
});
