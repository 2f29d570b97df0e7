import type { ObjectOf, Volume } from '@shiplog/contracts';
import { NO_OBJECTS, pod } from '../../testing/builders';
import { planVolume } from './planned-volume';

const meta = (name: string) => ({ name, uid: `${name}-uid`, resourceVersion: '1', creationTimestamp: '' });
type Claim = ObjectOf<'persistentvolumeclaims'>;
type PersistentVolume = ObjectOf<'persistentvolumes'>;

const claim = (name: string, fields: Partial<Claim> = {}): Claim => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { ...meta(name), namespace: 'default' },
  spec: { volumeName: 'disk' },
  status: { phase: 'Bound' },
  ...fields,
});
const disk = (spec: PersistentVolume['spec'] = {}): PersistentVolume => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: meta('disk'),
  spec: { claimRef: { namespace: 'default', name: 'data', uid: 'data-uid' }, ...spec },
});

describe('a volume of a claim', () => {
  const plan = (
    found: Claim | undefined,
    bound: PersistentVolume | undefined,
    volume: Partial<Volume> = { persistentVolumeClaim: { claimName: 'data' } },
    container: object = {},
  ) =>
    planVolume(
      { name: 'v', ...volume },
      {
        pod: pod({ containers: [{ name: 'c', image: 'i', ...container }] }),
        source: {
          ...NO_OBJECTS,
          claim: (_, name) => (name === found?.metadata.name ? found : undefined),
          volume: (name) => (name === 'disk' ? bound : undefined),
          nodeLabels: () => ({ 'kubernetes.io/hostname': 'n', zone: 'a' }),
        },
        node: {
          name: 'n',
          ips: ['1'],
          allocatableCpuMilli: 1n,
          allocatableMemoryBytes: 1n,
          allocatableStorageBytes: 1n,
        },
        podIPs: [],
      },
    );
  const hostPath = { path: '/srv/data', type: 'Directory' };

  it('is the path of the node, or the local volume, that the claim is bound to', () => {
    const common = { name: 'v', path: '/srv/data', readOnly: false };
    expect(plan(claim('data'), disk({ hostPath }))).toEqual({ kind: 'host', type: 'Directory', ...common });
    const local = { path: '/srv/data' };
    expect(plan(claim('data'), disk({ local }))).toEqual({ kind: 'local', volume: 'disk', ...common });
    const readOnly = { persistentVolumeClaim: { claimName: 'data', readOnly: true } };
    expect(plan(claim('data'), disk({ local }), readOnly)).toMatchObject({ readOnly: true });
  });

  it.each<[string, object[], boolean]>([
    ['its own', [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['n'] }] }], true],
    [
      'of any of its terms',
      [
        { matchExpressions: [{ key: 'x', operator: 'Exists' }] },
        { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n'] }] },
      ],
      true,
    ],
    ['another', [{ matchExpressions: [{ key: 'zone', operator: 'In', values: ['b'] }] }], false],
    ['no', [{}], false],
  ])('is to be had on a node that its volume says is %s one', (_, nodeSelectorTerms, isIt) => {
    const bound = disk({ local: { path: '/srv/data' }, nodeAffinity: { required: { nodeSelectorTerms } } });
    if (isIt) expect(plan(claim('data'), bound)).toMatchObject({ kind: 'local' });
    else
      expect(() => plan(claim('data'), bound)).toThrow(
        'MountVolume.NodeAffinity check failed for volume "disk" : no matching NodeSelectorTerms',
      );
  });

  it('that is made for the pod alone is one that the pod owns', () => {
    const owner = { apiVersion: 'v1', kind: 'Pod', name: 'web', uid: 'uid-1', controller: true };
    const metadata = { ...meta('web-v'), namespace: 'default', uid: 'data-uid', ownerReferences: [owner] };
    const volume = { ephemeral: {} };
    expect(plan(claim('web-v', { metadata }), disk({ hostPath }), volume)).toMatchObject({ path: '/srv/data' });
    const anothers = { ...metadata, ownerReferences: [{ ...owner, uid: 'other' }] };
    expect(() => plan(claim('web-v', { metadata: anothers }), disk({ hostPath }), volume)).toThrow(
      'PVC default/web-v was not created for pod default/web (pod is not owner)',
    );
  });

  const bound = disk({ hostPath });
  const anothers = disk({ hostPath, claimRef: { namespace: 'default', name: 'data', uid: 'earlier' } });
  const metadata = { ...meta('data'), deletionTimestamp: '2026-01-01T00:00:00Z' };
  const noRef = { ...bound, spec: { hostPath } };
  it.each<[string, Claim | undefined, PersistentVolume | undefined, string]>([
    [
      'that is not there',
      undefined,
      bound,
      'failed to fetch PVC from API server: persistentvolumeclaims "data" not found',
    ],
    ['that is going', claim('data', { metadata }), bound, 'PVC is being deleted'],
    ['that waits', claim('data', { status: { phase: 'Pending' } }), bound, 'PVC is not bound'],
    ['of no volume', claim('data', { spec: {} }), bound, 'PVC has empty pvc.Spec.VolumeName'],
    [
      'of a volume that is not there',
      claim('data'),
      undefined,
      'failed to fetch PV disk from API server: persistentvolumes "disk" not found',
    ],
    [
      'of a volume that knows of none',
      claim('data'),
      noRef,
      'found PV object disk but it has a nil pv.Spec.ClaimRef indicating it is not yet bound to the claim',
    ],
    [
      'of a volume that was an earlier claim’s',
      claim('data'),
      anothers,
      'found PV object disk but its pv.Spec.ClaimRef.UID earlier does not point to claim.UID data-uid',
    ],
  ])('is not to be had of a claim %s', (_, found, volume, reason) => {
    const volumes = 'unmounted volumes=[v], unattached volumes=[], failed to process volumes=[v]';
    expect(() => plan(found, volume)).toThrow(
      `Unable to attach or mount volumes: ${volumes}: error processing PVC default/data: ${reason}`,
    );
  });

  it('is used as what it is: files, or a device', () => {
    const device = { volumeDevices: [{ name: 'v', devicePath: '/dev/x' }] };
    const asDevice = 'volume v has volumeMode Filesystem, but is specified in volumeDevices';
    expect(() => plan(claim('data'), bound, undefined, device)).toThrow(asDevice);
    const block = disk({ hostPath, volumeMode: 'Block' });
    const mount = { volumeMounts: [{ name: 'v', mountPath: '/x' }] };
    const asFiles = 'volume v has volumeMode Block, but is specified in volumeMounts';
    expect(() => plan(claim('data'), block, undefined, mount)).toThrow(asFiles);
    expect(() => plan(claim('data'), block, undefined, device)).toThrow('no volume plugin matched');
    expect(() => plan(claim('data'), disk({ nfs: { server: 's', path: '/' } }))).toThrow('no volume plugin matched');
  });
});
