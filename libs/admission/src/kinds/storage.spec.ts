import { builtIn, type BuiltIn, type KubeObject } from '@shiplog/contracts';
import { admitCreate } from '../create';
import { FewObjects, admission, causesOf, created, stored, valueOf } from '../testing/builders';
import { admitUpdate } from '../update';

const NAMESPACED = ['PersistentVolumeClaim', 'CSIStorageCapacity'];

const object = (kind: string, fields: object, metadata: KubeObject['metadata'] = {}): KubeObject => ({
  apiVersion: kind.startsWith('Persistent') ? 'v1' : 'storage.k8s.io/v1',
  kind,
  metadata: { name: 'x', ...(NAMESPACED.includes(kind) ? { namespace: 'default' } : {}), ...metadata },
  ...fields,
});
const causes = (resource: BuiltIn, given: KubeObject) => causesOf(admitCreate(builtIn(resource), given, admission()));
const changed = (resource: BuiltIn, before: KubeObject, fields: object, subresource?: string) =>
  causesOf(admitUpdate(builtIn(resource), subresource, stored(before), { ...before, ...fields }, admission()));

const SUBDOMAIN = 'a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters';
/** Texts of Kubernetes are long: what a problem begins with. */
const expectProblems = (found: readonly string[], expected: readonly string[]): void => {
  expect(found.map((text, i) => text.slice(0, expected[i]?.length ?? text.length))).toEqual(expected);
};

const hostPath = { path: '/data' };
const volume = (spec: object) =>
  object('PersistentVolume', {
    spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], ...spec },
  });
const claim = (spec: object, metadata: KubeObject['metadata'] = {}) =>
  object(
    'PersistentVolumeClaim',
    { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec } },
    metadata,
  );
const onNode = {
  required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'h', operator: 'In', values: ['n'] }] }] },
};

describe('a persistent volume', () => {
  it('is kept, waits, and says since when', () => {
    const given = volume({
      local: { path: '/mnt' },
      nodeAffinity: onNode,
      storageClassName: 'fast',
      claimRef: { name: 'c' },
    });
    const made = created('persistentvolumes', given);
    expect(made.spec).toEqual({
      ...(given['spec'] as object),
      persistentVolumeReclaimPolicy: 'Retain',
      volumeMode: 'Filesystem',
      claimRef: { name: 'c', kind: 'PersistentVolumeClaim', apiVersion: 'v1' },
    });
    expect(made.status).toEqual({ phase: 'Pending', lastPhaseTransitionTime: '2024-05-05T01:02:03Z' });
    expect(made.metadata.generation).toBeUndefined();
  });

  it.each<[string, object, object]>([
    ['hostPath', { path: '/' }, { type: '' }],
    ['iscsi', { targetPortal: 'p', iqn: 'iqn.2001-04.com.example:storage', lun: 0 }, { iscsiInterface: 'default' }],
    ['rbd', { monitors: ['m'], image: 'i' }, { pool: 'rbd', user: 'admin', keyring: '/etc/ceph/keyring' }],
    [
      'azureDisk',
      { diskName: 'd', diskURI: 'https://x' },
      { cachingMode: 'ReadWrite', kind: 'Shared', fsType: 'ext4', readOnly: false },
    ],
    [
      'scaleIO',
      { gateway: 'g', system: 's', volumeName: 'v', secretRef: { name: 'n' } },
      { storageMode: 'ThinProvisioned', fsType: 'xfs' },
    ],
  ])('has the defaults of its source: %s', (kind, source, defaults) => {
    expect(created('persistentvolumes', volume({ [kind]: source })).spec).toMatchObject({
      [kind]: { ...source, ...defaults },
    });
  });

  it.each<[string, object, string[]]>([
    ['is nowhere', {}, ['spec: Required value: must specify a volume type']],
    [
      'is in two places',
      { hostPath, nfs: { server: 's', path: '/p' } },
      ['spec.nfs: Forbidden: may not specify more than 1 volume type'],
    ],
    ['can not be used', { hostPath, accessModes: [] }, ['spec.accessModes: Required value']],
    [
      'is used in a way of its own',
      { hostPath, accessModes: ['Sometimes'] },
      [
        'spec.accessModes: Unsupported value: "Sometimes": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"',
      ],
    ],
    [
      'is for one pod and others',
      { hostPath, accessModes: ['ReadWriteOncePod', 'ReadOnlyMany'] },
      ['spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes'],
    ],
    [
      'has no size',
      { hostPath, capacity: {} },
      ['spec.capacity: Required value', 'spec.capacity: Unsupported value: {}: supported values: "storage"'],
    ],
    [
      'has the size nothing',
      { hostPath, capacity: { storage: '0' } },
      ['spec.capacity[storage]: Invalid value: "0": must be greater than zero'],
    ],
    [
      'is reclaimed in a way of its own',
      { hostPath, persistentVolumeReclaimPolicy: 'Burn' },
      [
        'spec.persistentVolumeReclaimPolicy: Unsupported value: "Burn": supported values: "Delete", "Recycle", "Retain"',
      ],
    ],
    [
      'would be recycled with the node',
      { hostPath: { path: '/' }, persistentVolumeReclaimPolicy: 'Recycle' },
      [`spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'`],
    ],
    [
      'is local to no node',
      { local: { path: '/mnt' } },
      ['spec.nodeAffinity: Required value: Local volume requires node affinity'],
    ],
    [
      'is near nothing in particular',
      { hostPath, nodeAffinity: {} },
      ['spec.nodeAffinity.required: Required value: must specify required node constraints'],
    ],
    [
      'is of no driver',
      { csi: { driver: '', volumeHandle: '' } },
      [
        'spec.csi.driver: Required value',
        `spec.csi.driver: Invalid value: "": ${SUBDOMAIN}`,
        'spec.csi.volumeHandle: Required value',
      ],
    ],
    [
      'has a secret in no namespace',
      { csi: { driver: 'd', volumeHandle: 'h', nodePublishSecretRef: { name: 'n' } } },
      ['spec.csi.nodePublishSecretRef.namespace: Required value'],
    ],
    [
      'is of no mode',
      { hostPath, volumeMode: 'Tape' },
      ['spec.volumeMode: Unsupported value: "Tape": supported values: "Block", "Filesystem"'],
    ],
    [
      'has attributes that its source knows nothing of',
      { hostPath, volumeAttributesClassName: 'gold' },
      ['spec.csi: Required value: has to be specified when using volumeAttributesClassName'],
    ],
  ])('is refused when it %s', (_name, spec, expected) => {
    expectProblems(causes('persistentvolumes', volume(spec)), expected);
  });

  it('stays where it is', () => {
    const before = created('persistentvolumes', volume({ csi: { driver: 'd', volumeHandle: 'h' } }));
    const secret = { name: 's', namespace: 'n' };
    const to = (fields: object) => changed('persistentvolumes', before, { spec: { ...before.spec, ...fields } });
    expect(to({ csi: { driver: 'd', volumeHandle: 'h', controllerExpandSecretRef: secret } })).toEqual([]);
    expect(to({ capacity: { storage: '2Gi' }, persistentVolumeReclaimPolicy: 'Delete' })).toEqual([]);
    expect(to({ csi: { driver: 'd', volumeHandle: 'other' } })).toEqual([
      'spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation',
    ]);
    expect(to({ volumeMode: 'Block' })).toEqual(['volumeMode: Invalid value: "Block": field is immutable']);
  });

  it('stays near what it is near, by the names that labels of nodes have today', () => {
    const near = (key: string, zone = 'a') => ({
      required: { nodeSelectorTerms: [{ matchExpressions: [{ key, operator: 'In', values: [zone] }] }] },
    });
    const [old, today] = ['failure-domain.beta.kubernetes.io/zone', 'topology.kubernetes.io/zone'];
    const before = created('persistentvolumes', volume({ hostPath, nodeAffinity: near(old) }));
    const to = (nodeAffinity: object | undefined) =>
      changed('persistentvolumes', before, { spec: { ...before.spec, nodeAffinity } });
    expect(to(near(today))).toEqual([]);
    for (const other of [near(today, 'b'), near('zone'), undefined]) {
      expect(to(other)).toEqual([
        expect.stringMatching(
          /^nodeAffinity: Invalid value: .*: field is immutable, except for updating from beta label to GA$/,
        ),
      ]);
    }
  });
});

describe("a persistent volume's status", () => {
  it('says since when its phase is what it is', () => {
    const before = created('persistentvolumes', volume({ hostPath }));
    const write = (status: object) =>
      valueOf(
        admitUpdate(
          builtIn('persistentvolumes'),
          'status',
          before,
          { ...before, status: { ...before.status, ...status } },
          later,
        ),
      )['status'];
    const later = admission({ now: '2024-05-06T00:00:00.5Z' });
    expect(write({ phase: 'Bound' })).toEqual({ phase: 'Bound', lastPhaseTransitionTime: '2024-05-06T00:00:00Z' });
    expect(write({ message: 'm' })).toEqual({ ...before.status, message: 'm' });
    const given = { phase: 'Bound', lastPhaseTransitionTime: '2024-05-05T09:00:00Z' };
    expect(write(given)).toEqual(given);
  });
});

describe('a claim', () => {
  it('is kept, waits, and has one mode', () => {
    const given = claim({ selector: { matchLabels: { a: 'b' } }, storageClassName: '' });
    const made = created('persistentvolumeclaims', given);
    expect(made.spec).toEqual({ ...(given['spec'] as object), volumeMode: 'Filesystem' });
    expect(made.status).toEqual({ phase: 'Pending' });
  });

  it('gets the newest default class where it names none', () => {
    const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' };
    const meta = { annotations, creationTimestamp: '2024-01-01T00:00:00Z' };
    const state = new FewObjects();
    for (const name of ['fast', 'slow']) {
      state.put('storageclasses.storage.k8s.io', stored(object('StorageClass', {}, { ...meta, name })));
    }
    const make = (given: KubeObject) =>
      valueOf(admitCreate(builtIn('persistentvolumeclaims'), given, admission({ state })))['spec'];
    expect(make(claim({}))).toMatchObject({ storageClassName: 'fast' });
    expect(make(claim({ storageClassName: '' }))).toMatchObject({ storageClassName: '' });
  });

  it('says what fills it by both fields', () => {
    const dataSource = { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 's' };
    expect(created('persistentvolumeclaims', claim({ dataSource })).spec).toMatchObject({ dataSourceRef: dataSource });
    expect(created('persistentvolumeclaims', claim({ dataSourceRef: dataSource })).spec).toMatchObject({ dataSource });
    const other = { apiGroup: 'example.com', kind: 'Thing', name: 's' };
    expect(created('persistentvolumeclaims', claim({ dataSourceRef: other })).spec).not.toHaveProperty('dataSource');
  });

  it.each<[string, object, string[]]>([
    ['can not be used', { accessModes: [] }, ['spec.accessModes: Required value: at least 1 access mode is required']],
    ['asks for no size', { resources: {} }, ['spec.resources[storage]: Required value']],
    [
      'asks for nothing',
      { resources: { requests: { storage: '-1' } } },
      ['spec.resources[storage]: Invalid value: "-1": must be greater than zero'],
    ],
    [
      'chooses by no operator',
      { selector: { matchExpressions: [{ key: 'a', operator: 'Near' }] } },
      ['spec.selector.matchExpressions[0].operator: Invalid value: "Near": not a valid selector operator'],
    ],
    ['is of no class', { storageClassName: 'A' }, [`spec.storageClassName: Invalid value: "A": ${SUBDOMAIN}`]],
    [
      'is of no mode',
      { volumeMode: 'Tape' },
      ['spec.volumeMode: Unsupported value: "Tape": supported values: "Block", "Filesystem"'],
    ],
    [
      'is filled from a core object that is no claim',
      { dataSourceRef: { kind: 'Pod', name: '' } },
      [
        'spec.dataSourceRef.name: Required value',
        `spec.dataSourceRef: Invalid value: "Pod": must be 'PersistentVolumeClaim' when referencing the default apiGroup`,
      ],
    ],
    [
      'is filled from two things',
      {
        dataSource: { kind: 'PersistentVolumeClaim', name: 'a' },
        dataSourceRef: { kind: 'PersistentVolumeClaim', name: 'b' },
      },
      ['spec: Invalid value: spec.dataSource: must match dataSourceRef'],
    ],
    [
      'is filled from another namespace and this one',
      {
        dataSource: { kind: 'PersistentVolumeClaim', name: 'a' },
        dataSourceRef: { kind: 'PersistentVolumeClaim', name: 'a', namespace: 'n' },
      },
      ['spec: Invalid value: spec.dataSource: may not be specified when dataSourceRef.namespace is specified'],
    ],
  ])('is refused when it %s', (_name, spec, expected) => {
    expectProblems(causes('persistentvolumeclaims', claim(spec)), expected);
  });

  describe('that changes', () => {
    const bound = (spec: object = {}): KubeObject => ({
      ...created('persistentvolumeclaims', claim({ storageClassName: 'fast', volumeName: 'v', ...spec })),
      status: { phase: 'Bound', capacity: { storage: '1Gi' } },
    });
    const to = (before: KubeObject, fields: object) =>
      changed('persistentvolumeclaims', before, { spec: { ...(before['spec'] as object), ...fields } });
    const sized = (storage: string) => ({ resources: { requests: { storage } } });
    const rule =
      'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';

    it('grows once it is bound, and shrinks to no less than it has', () => {
      expect(to(bound(), sized('2Gi'))).toEqual([]);
      expect(to(bound(sized('5Gi')), sized('2Gi'))).toEqual([]);
      expect(to(bound(sized('5Gi')), sized('1Gi'))).toEqual([
        'spec.resources.requests.storage: Forbidden: field can not be less than status.capacity',
      ]);
      expect(to(created('persistentvolumeclaims', claim({})), sized('2Gi'))).toEqual([rule]);
    });

    it('is given its volume and its class once', () => {
      const before = created('persistentvolumeclaims', claim({}));
      expect(to(before, { volumeName: 'v', storageClassName: 'fast' })).toEqual([]);
      expect(to(bound(), { volumeName: 'w' })).toEqual([rule]);
      expect(to(bound(), { storageClassName: 'slow' })).toEqual([rule]);
      expect(to(bound(), { volumeAttributesClassName: 'gold' })).toEqual([]);
      expect(to(bound({ volumeAttributesClassName: 'gold' }), { volumeAttributesClassName: undefined })).toEqual([
        'spec.volumeAttributesClassName: Forbidden: update from non-nil value to nil is forbidden',
      ]);
    });

    it('takes its class from an annotation into the field, and changes it not else', () => {
      const key = 'volume.beta.kubernetes.io/storage-class';
      const before = created('persistentvolumeclaims', claim({}, { annotations: { [key]: 'fast' } }));
      expect(to(before, { storageClassName: 'fast' })).toEqual([]);
      expect(to(before, { storageClassName: 'slow' })).toEqual([rule]);
      const metadata = { ...before.metadata, annotations: { [key]: 'slow' } };
      expect(changed('persistentvolumeclaims', before, { metadata })).toEqual([
        `metadata.annotations[${key}]: Invalid value: "slow": field is immutable`,
      ]);
    });

    it('has amounts in its status that can be', () => {
      const status = {
        capacity: { storage: '-1' },
        allocatedResources: { cpu: '1' },
        allocatedResourceStatuses: { storage: 'Odd' },
      };
      expectProblems(changed('persistentvolumeclaims', bound(), { status }, 'status'), [
        'status.capacity[storage]: Invalid value: -1: must be a valid resource quantity',
        'status.allocatedResourceStatus: Unsupported value: "storage": supported values: "ControllerResizeInProgress"',
        'status.allocatedResources: Unsupported value: "cpu": supported values: "storage"',
      ]);
    });
  });
});

describe('a storage class', () => {
  const made = (fields: object) => object('StorageClass', { provisioner: 'example.com/disk', ...fields });

  it('deletes and binds at once unless it says otherwise', () => {
    const fields = {
      parameters: { type: 'ssd' },
      allowVolumeExpansion: true,
      allowedTopologies: [{ matchLabelExpressions: [{ key: 'zone', values: ['a', 'b'] }] }],
    };
    expect(created('storageclasses.storage.k8s.io', made(fields))).toMatchObject({
      ...fields,
      reclaimPolicy: 'Delete',
      volumeBindingMode: 'Immediate',
    });
  });

  const zone = { key: 'zone', values: ['a'] };
  it.each<[string, object, string[]]>([
    ['makes none', { provisioner: '' }, ['provisioner: Required value']],
    [
      'reclaims in a way of its own',
      { reclaimPolicy: 'Recycle' },
      ['reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"'],
    ],
    [
      'binds in a way of its own',
      { volumeBindingMode: 'Late' },
      ['volumeBindingMode: Unsupported value: "Late": supported values: "Immediate", "WaitForFirstConsumer"'],
    ],
    [
      'has a parameter without a name',
      { parameters: { '': 'x' } },
      ['parameters: Invalid value: "": field can not be empty.'],
    ],
    [
      'has more parameters than there may be',
      { parameters: Object.fromEntries(Array.from({ length: 513 }, (_, i) => [`k${i}`, ''])) },
      ['parameters: Too long: may not be more than 512 bytes'],
    ],
    [
      'has a topology twice',
      { allowedTopologies: [{ matchLabelExpressions: [zone] }, { matchLabelExpressions: [zone] }] },
      ['allowedTopologies[1].matchLabelExpressions: Duplicate value: ""'],
    ],
    [
      'has a topology that asks twice and for nothing',
      {
        allowedTopologies: [
          {
            matchLabelExpressions: [
              { key: 'zone', values: ['a', 'a'] },
              { key: 'zone', values: [] },
            ],
          },
        ],
      },
      [
        'allowedTopologies[0].matchLabelExpressions[0].values[1]: Duplicate value: "a"',
        'allowedTopologies[0].matchLabelExpressions[1].values: Required value',
        'allowedTopologies[0].matchLabelExpressions[1].key: Duplicate value: "zone"',
      ],
    ],
  ])('is refused when it %s', (_name, fields, expected) => {
    expect(causes('storageclasses.storage.k8s.io', made(fields))).toEqual(expected);
  });

  it('stays what it is', () => {
    const before = created('storageclasses.storage.k8s.io', made({ parameters: { a: 'b' } }));
    const fields = {
      provisioner: 'other',
      parameters: {},
      reclaimPolicy: 'Retain',
      volumeBindingMode: 'WaitForFirstConsumer',
    };
    expect(changed('storageclasses.storage.k8s.io', before, fields)).toEqual([
      'parameters: Forbidden: updates to parameters are forbidden.',
      'provisioner: Forbidden: updates to provisioner are forbidden.',
      'reclaimPolicy: Forbidden: updates to reclaimPolicy are forbidden.',
      'volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable',
    ]);
    expect(changed('storageclasses.storage.k8s.io', before, { allowVolumeExpansion: true })).toEqual([]);
  });
});

describe('a class of volume attributes', () => {
  it('has a driver and parameters, for good', () => {
    expect(
      causes('volumeattributesclasses.storage.k8s.io', object('VolumeAttributesClass', { driverName: '' })),
    ).toEqual(['driverName: Required value', 'parameters: Required value: must contain at least one key/value pair']);
    const fields = { driverName: 'd', parameters: { iops: '10' } };
    const before = created('volumeattributesclasses.storage.k8s.io', object('VolumeAttributesClass', fields));
    expect(before).toMatchObject(fields);
    expect(changed('volumeattributesclasses.storage.k8s.io', before, { parameters: { iops: '20' } })).toEqual([
      'parameters: Forbidden: updates to parameters are forbidden.',
    ]);
  });
});

describe('a driver', () => {
  const driver = (spec: object) => object('CSIDriver', { spec });

  it('attaches, and gives away nothing, unless it says otherwise', () => {
    expect(created('csidrivers.storage.k8s.io', driver({})).spec).toEqual({
      attachRequired: true,
      podInfoOnMount: false,
      storageCapacity: false,
      fsGroupPolicy: 'ReadWriteOnceWithFSType',
      volumeLifecycleModes: ['Persistent'],
      requiresRepublish: false,
      seLinuxMount: false,
    });
  });

  it.each<[string, object, string[]]>([
    [
      'has a policy of its own',
      { fsGroupPolicy: 'Odd' },
      ['spec.fsGroupPolicy: Unsupported value: "Odd": supported values: "File", "None", "ReadWriteOnceWithFSType"'],
    ],
    [
      'has a mode of its own',
      { volumeLifecycleModes: ['Odd'] },
      ['spec.volumeLifecycleModes: Unsupported value: "Odd": supported values: "Ephemeral", "Persistent"'],
    ],
    [
      'asks for tokens twice, too short and too long',
      {
        tokenRequests: [
          { audience: 'a', expirationSeconds: 1 },
          { audience: 'a' },
          { audience: 'b', expirationSeconds: 2 ** 33 },
        ],
      },
      [
        'spec.tokenRequests[0].expirationSeconds: Invalid value: 1: may not specify a duration less than 10 minutes',
        'spec.tokenRequests[1].audience: Duplicate value: "a"',
        'spec.tokenRequests[2].expirationSeconds: Invalid value: 8589934592: may not specify a duration larger than 2^32 seconds',
      ],
    ],
  ])('is refused when it %s', (_name, spec, expected) => {
    expect(causes('csidrivers.storage.k8s.io', driver(spec))).toEqual(expected);
  });

  it('attaches for good', () => {
    const before = created('csidrivers.storage.k8s.io', driver({}));
    expect(changed('csidrivers.storage.k8s.io', before, { spec: { ...before.spec, attachRequired: false } })).toEqual([
      'spec.attachedRequired: Invalid value: false: field is immutable',
    ]);
  });
});

describe("a node's drivers", () => {
  const node = (...drivers: object[]) => object('CSINode', { spec: { drivers } });

  it.each<[string, object[], string[]]>([
    [
      'are nameless',
      [{ name: '', nodeID: '' }],
      [
        'spec.drivers[0].name: Required value',
        `spec.drivers[0].name: Invalid value: "": ${SUBDOMAIN}`,
        'spec.drivers[0].nodeID: Required value',
      ],
    ],
    [
      'are there twice',
      [
        { name: 'a', nodeID: 'n' },
        { name: 'a', nodeID: 'n' },
      ],
      ['spec.drivers[1].name: Duplicate value: "a"'],
    ],
    [
      'have fewer than no volumes, and topologies twice',
      [{ name: 'a', nodeID: 'n', allocatable: { count: -1 }, topologyKeys: ['k', 'k'] }],
      [
        'spec.drivers[0].allocatable.count: Invalid value: -1: must be greater than or equal to 0',
        'spec.drivers[0]: Duplicate value: "k"',
      ],
    ],
  ])('are refused when they %s', (_name, drivers, expected) => {
    expectProblems(causes('csinodes.storage.k8s.io', node(...drivers)), expected);
  });

  it('come, go, and do not change', () => {
    const before = created('csinodes.storage.k8s.io', node({ name: 'a', nodeID: 'n', allocatable: { count: 1 } }));
    const to = (...drivers: object[]) => changed('csinodes.storage.k8s.io', before, { spec: { drivers } });
    expect(to()).toEqual([]);
    expect(to({ name: 'a', nodeID: 'n', allocatable: { count: 2 } }, { name: 'b', nodeID: 'n' })).toEqual([]);
    expectProblems(to({ name: 'a', nodeID: 'other' }), ['CSINodeDriver: Invalid value: ']);
  });
});

describe('what a driver can still make', () => {
  const capacity = (fields: object) => object('CSIStorageCapacity', { storageClassName: 'fast', ...fields });

  it('is an amount, of a class, somewhere', () => {
    expect(
      causes('csistoragecapacities.storage.k8s.io', capacity({ capacity: '-1', maximumVolumeSize: '-2' })),
    ).toEqual([
      'capacity: Invalid value: "-1": must be greater than or equal to 0',
      'maximumVolumeSize: Invalid value: "-2": must be greater than or equal to 0',
    ]);
    expectProblems(causes('csistoragecapacities.storage.k8s.io', capacity({ storageClassName: '' })), [
      `storageClassName: Invalid value: "": ${SUBDOMAIN}`,
    ]);
    const before = created('csistoragecapacities.storage.k8s.io', capacity({ capacity: '1Gi' }));
    const to = (fields: object) => changed('csistoragecapacities.storage.k8s.io', before, fields);
    expect(to({ capacity: '2Gi' })).toEqual([]);
    expectProblems(to({ storageClassName: 'slow', nodeTopology: {} }), [
      'nodeTopology: Invalid value: {}: field is immutable',
      'storageClassName: Invalid value: "slow": field is immutable',
    ]);
  });
});

describe('an attachment', () => {
  const attachment = (source: object, fields: object = {}) =>
    object('VolumeAttachment', { spec: { attacher: 'example.com', nodeName: 'n', source, ...fields } });
  const inline = { accessModes: ['ReadWriteOnce'], csi: { driver: 'd', volumeHandle: 'h' } };
  const rule = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';
  const at = 'spec.source.inlineVolumeSpec';

  it.each<[string, object, string[]]>([
    ['is of nothing', {}, [`spec.source: Required value: ${rule}`]],
    ['is of two', { persistentVolumeName: 'v', inlineVolumeSpec: inline }, [`spec.source: Forbidden: ${rule}`]],
    [
      'is of a volume without a name',
      { persistentVolumeName: '' },
      ['spec.source.persistentVolumeName: Required value: must specify non empty persistentVolumeName'],
    ],
    [
      'has more of an inline volume than its source',
      { inlineVolumeSpec: { ...inline, capacity: { storage: '1' }, storageClassName: 'x', volumeMode: 'Block' } },
      [
        `${at}.capacity: Forbidden: may not be specified in the context of inline volumes`,
        `${at}.storageClassName: Forbidden: may not be specified in the context of inline volumes`,
        `${at}.volumeMode: Forbidden: may not specify volumeMode other than Filesystem in the context of inline volumes`,
      ],
    ],
  ])('is refused when it %s', (_name, source, expected) => {
    expect(causes('volumeattachments.storage.k8s.io', attachment(source))).toEqual(expected);
  });

  it('stays, and says what went wrong in few words', () => {
    const before = created('volumeattachments.storage.k8s.io', attachment({ inlineVolumeSpec: inline }));
    expect(before.status).toEqual({ attached: false });
    expectProblems(
      changed('volumeattachments.storage.k8s.io', before, { spec: { ...before.spec, nodeName: 'other' } }),
      ['spec: Invalid value: '],
    );
    const status = { attached: false, attachError: { message: 'x'.repeat(1025) } };
    expect(changed('volumeattachments.storage.k8s.io', before, { status }, 'status')).toEqual([
      'status.attachError.message: Too long: may not be more than 262144 bytes',
    ]);
  });
});
