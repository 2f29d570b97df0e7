import type {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  PersistentVolume,
  PersistentVolumeClaim,
  StorageClass,
  VolumeAttachment,
  VolumeAttributesClass,
} from '@shiplog/contracts';
import { ageOf } from '../duration';
import { AGE, count, flag, NAME, NONE, text, UNSET, wide, type Printer } from './column';

const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';
const MODES: readonly [mode: string, short: string][] = [
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
];

const shortModes = (modes: readonly string[] = []): string =>
  MODES.filter(([mode]) => modes.includes(mode))
    .map(([, short]) => short)
    .join(',');

const VOLUME_MODE = wide('VolumeMode', 'Whether it holds files or is a device.');
const ATTRIBUTES = text('VolumeAttributesClass', 'The class of what the volume can do.');

export const persistentVolumePrinter: Printer<PersistentVolume> = {
  columns: [
    NAME,
    text('Capacity', 'How much it holds.'),
    text('Access Modes', 'By whom it can be used at a time.'),
    text('Reclaim Policy', 'What becomes of it after its claim.'),
    text('Status', 'Whether it is bound.'),
    text('Claim', 'Whose it is.'),
    text('StorageClass', 'The class that it is of.'),
    ATTRIBUTES,
    text('Reason', 'Why it is so.'),
    AGE,
    VOLUME_MODE,
  ],
  cells({ metadata, spec = {}, status = {} }, now) {
    const { claimRef } = spec;
    return [
      metadata.name ?? '',
      spec.capacity?.['storage'] ?? '0',
      shortModes(spec.accessModes),
      spec.persistentVolumeReclaimPolicy ?? '',
      metadata.deletionTimestamp === undefined ? (status.phase ?? '') : 'Terminating',
      claimRef === undefined ? '' : `${claimRef.namespace ?? ''}/${claimRef.name ?? ''}`,
      metadata.annotations?.[CLASS_ANNOTATION] ?? spec.storageClassName ?? '',
      spec.volumeAttributesClassName ?? UNSET,
      status.reason ?? '',
      ageOf(metadata.creationTimestamp, now),
      spec.volumeMode ?? UNSET,
    ];
  },
};

export const persistentVolumeClaimPrinter: Printer<PersistentVolumeClaim> = {
  columns: [
    NAME,
    text('Status', 'Whether it is bound.'),
    text('Volume', 'The volume that it has.'),
    text('Capacity', 'How much that holds.'),
    text('Access Modes', 'By whom it can be used at a time.'),
    text('StorageClass', 'The class that it is of.'),
    ATTRIBUTES,
    AGE,
    VOLUME_MODE,
  ],
  cells({ metadata, spec = {}, status = {} }, now) {
    const isBound = (spec.volumeName ?? '') !== '';
    return [
      metadata.name ?? '',
      metadata.deletionTimestamp === undefined ? (status.phase ?? '') : 'Terminating',
      spec.volumeName ?? '',
      isBound ? (status.capacity?.['storage'] ?? '0') : '',
      isBound ? shortModes(status.accessModes) : '',
      metadata.annotations?.[CLASS_ANNOTATION] ?? spec.storageClassName ?? '',
      spec.volumeAttributesClassName ?? UNSET,
      ageOf(metadata.creationTimestamp, now),
      spec.volumeMode ?? UNSET,
    ];
  },
};

const IS_DEFAULT = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'];

export const storageClassPrinter: Printer<StorageClass> = {
  columns: [
    NAME,
    text('Provisioner', 'What makes its volumes.'),
    text('ReclaimPolicy', 'What becomes of them after their claims.'),
    text('VolumeBindingMode', 'When they are made.'),
    text('AllowVolumeExpansion', 'Whether they can grow.'),
    AGE,
  ],
  cells({ metadata, ...of }, now) {
    const isDefault = IS_DEFAULT.some((annotation) => metadata.annotations?.[annotation] === 'true');
    return [
      `${metadata.name ?? ''}${isDefault ? ' (default)' : ''}`,
      of.provisioner,
      of.reclaimPolicy ?? 'Delete',
      of.volumeBindingMode ?? 'Immediate',
      of.allowVolumeExpansion ?? false,
      ageOf(metadata.creationTimestamp, now),
    ];
  },
};

export const volumeAttributesClassPrinter: Printer<VolumeAttributesClass> = {
  columns: [NAME, text('DriverName', 'The driver that knows the attributes.'), AGE],
  cells: ({ metadata, driverName }, now) => [metadata.name ?? '', driverName, ageOf(metadata.creationTimestamp, now)],
};

export const csiDriverPrinter: Printer<CSIDriver> = {
  columns: [
    NAME,
    flag('AttachRequired', 'Whether its volumes are attached to nodes.'),
    flag('PodInfoOnMount', 'Whether it is told of the pod.'),
    flag('StorageCapacity', 'Whether it says what it can still make.'),
    text('TokenRequests', 'The audiences of tokens that it is given.'),
    flag('RequiresRepublish', 'Whether it is called again and again.'),
    text('Modes', 'How long its volumes live.'),
    AGE,
  ],
  cells({ metadata, spec }, now) {
    const audiences = spec.tokenRequests?.map(({ audience }) => audience).join(',');
    return [
      metadata.name ?? '',
      spec.attachRequired ?? true,
      spec.podInfoOnMount ?? false,
      spec.storageCapacity ?? false,
      audiences ?? UNSET,
      spec.requiresRepublish ?? false,
      spec.volumeLifecycleModes?.join(',') || NONE,
      ageOf(metadata.creationTimestamp, now),
    ];
  },
};

export const csiNodePrinter: Printer<CSINode> = {
  columns: [NAME, count('Drivers', 'How many drivers are on the node.'), AGE],
  cells: ({ metadata, spec }, now) => [
    metadata.name ?? '',
    spec.drivers.length,
    ageOf(metadata.creationTimestamp, now),
  ],
};

export const csiStorageCapacityPrinter: Printer<CSIStorageCapacity> = {
  columns: [
    NAME,
    text('StorageClassName', 'The class of the volumes.'),
    text('Capacity', 'How much can still be made.'),
  ],
  cells: ({ metadata, storageClassName, capacity }) => [metadata.name ?? '', storageClassName, capacity ?? UNSET],
};

export const volumeAttachmentPrinter: Printer<VolumeAttachment> = {
  columns: [
    NAME,
    { ...text('Attacher', 'What attaches it.'), format: 'name' },
    text('PV', 'The volume.'),
    text('Node', 'The node to which it is to be attached.'),
    flag('Attached', 'Whether it is.'),
    AGE,
  ],
  cells: ({ metadata, spec, status }, now) => [
    metadata.name ?? '',
    spec.attacher,
    spec.source.persistentVolumeName ?? '',
    spec.nodeName,
    status?.attached ?? false,
    ageOf(metadata.creationTimestamp, now),
  ],
};
