import { builtIn, type BuiltIn, type KubeObject } from '@shiplog/contracts';
import { created } from '../testing/builders';
import { warningsOf } from '../warnings';

const volume = (spec: object, annotations: Record<string, string>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name: 'v', annotations },
  spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], ...spec },
});
const hostPath = { path: '/data' };

/** What an object is warned of when it is made, and when it has changed. */
function warnedOf(resource: BuiltIn, object: KubeObject): (readonly string[])[] {
  const made = created(resource, object);
  return [warningsOf(builtIn(resource), made), warningsOf(builtIn(resource), made, made)];
}

describe('a persistent volume', () => {
  it.each<[string, Record<string, string>, object, string[]]>([
    [
      'annotations of earlier times',
      {
        'volume.beta.kubernetes.io/storage-class': 'fast',
        'volume.beta.kubernetes.io/mount-options': 'ro',
      },
      { hostPath },
      [
        'metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use "storageClassName" attribute instead',
        'metadata.annotations[volume.beta.kubernetes.io/mount-options]: deprecated since v1.31; use "mountOptions" attribute instead',
      ],
    ],
    [
      'being recycled',
      {},
      { hostPath, persistentVolumeReclaimPolicy: 'Recycle' },
      [
        'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
      ],
    ],
    [
      'labels of nodes that have another name today',
      {},
      {
        hostPath,
        nodeAffinity: {
          required: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: 'beta.kubernetes.io/os', operator: 'Exists' }] }],
          },
        },
      },
      [
        'spec.nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[0].key: beta.kubernetes.io/os is deprecated since v1.14; use "kubernetes.io/os" instead',
      ],
    ],
    [
      'sources that are no more',
      {},
      { storageos: { volumeName: 'v' } },
      ['spec.storageOS: deprecated in v1.22, non-functional in v1.25+'],
    ],
  ])('is warned of %s', (_name, annotations, spec, expected) => {
    expect(warnedOf('persistentvolumes', volume(spec, annotations))).toEqual([expected, expected]);
  });
});

describe('a claim', () => {
  it('is warned of parts of a byte, and of a class that is named by an annotation', () => {
    const claim = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: {
        name: 'c',
        namespace: 'default',
        annotations: { 'volume.beta.kubernetes.io/storage-class': 'fast' },
      },
      spec: {
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: '100m' }, limits: { storage: '0.5' } },
      },
    };
    const expected = [
      'metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use "storageClassName" attribute instead',
      'spec.resources.requests[storage]: fractional byte value "100m" is invalid, must be an integer',
      'spec.resources.limits[storage]: fractional byte value "500m" is invalid, must be an integer',
    ];
    expect(warnedOf('persistentvolumeclaims', claim)).toEqual([expected, expected]);
  });
});

describe('a storage class', () => {
  it('is warned of labels of nodes that have another name today', () => {
    const labels = ['zone', 'failure-domain.beta.kubernetes.io/zone'];
    const expected = [
      'allowedTopologies[0].matchLabelExpressions[1].key: deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
    ];
    const storageClass = {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 's' },
      provisioner: 'example.com/disk',
      allowedTopologies: [{ matchLabelExpressions: labels.map((key) => ({ key, values: ['a'] })) }],
    };
    expect(warnedOf('storageclasses.storage.k8s.io', storageClass)).toEqual([expected, expected]);
  });
});
