import type { ReadonlyCluster } from '@shiplog/cluster';
import {
  annotationOf,
  claimReference,
  isConditionTrue,
  LOCAL_PROVISIONER,
  patchOf,
  requestOf,
  VOLUME_ANNOTATIONS as ANNOTATIONS,
  VOLUME_FINALIZERS,
  type StoredClaim,
  type StoredNode,
  type StoredStorageClass,
  type StoredVolume,
} from '@shiplog/kube';
import type { Note, PlannedCommand, ReconcileResult } from '../../runtime/domain/controller';
import { unboundStatus } from './binding';
import { tell } from './events';

const HOSTNAME = 'kubernetes.io/hostname';
/** Of a provisioned volume: the node that its directory is on. */
const NODE = 'shiplog.dev/node';
/** One node has the files, so all who use a volume are on that. */
const ACCESS_MODES = ['ReadWriteOnce', 'ReadWriteOncePod'];

/** A volume is to be made for a claim: its directory first, on that node. */
export interface Provisioning {
  readonly kind: 'provision';
  readonly claim: StoredClaim;
  readonly storageClass: StoredStorageClass;
  readonly node: StoredNode;
  /** Of the volume, and so of its directory. The same whenever it is decided for this claim. */
  readonly name: string;
}

/** Whether a volume can be made for a claim now, as its first pod's node was chosen; else why not, on the claim. */
export function decideProvisioning(
  claim: StoredClaim,
  storageClass: StoredStorageClass,
  state: ReadonlyCluster,
): Provisioning | { kind: 'act'; result: ReconcileResult } {
  const problem = unservable(claim, storageClass);
  if (problem !== undefined) return failed(claim, storageClass, problem);
  const chosen = annotationOf(claim, ANNOTATIONS.selectedNode);
  if (chosen === undefined) {
    return failed(claim, storageClass, 'no node was specified: its volumeBindingMode must be WaitForFirstConsumer');
  }
  const node = state.get('nodes', '', chosen);
  // Another node may do: the scheduler chooses again.
  if (node === undefined) return failed(claim, storageClass, `node "${chosen}" not found`, chooseAgain(claim));
  if (!isConditionTrue(node, 'Ready')) {
    return failed(claim, storageClass, `node "${chosen}" is not ready`, chooseAgain(claim));
  }
  return { kind: 'provision', claim, storageClass, node, name: volumeNameOf(claim) };
}

/** What the volume is called that is made for a claim. */
export function volumeNameOf({ metadata }: StoredClaim): string {
  return `pvc-${metadata.uid}`;
}

/** What a claim or class asks for that a directory can't be. */
function unservable({ spec }: StoredClaim, storageClass: StoredStorageClass): string | undefined {
  const { mountOptions = [], parameters = {} } = storageClass;
  const other = spec?.accessModes?.find((mode) => !ACCESS_MODES.includes(mode));
  if (other !== undefined) return `access mode ${other} is not supported, only ${ACCESS_MODES.join(' and ')}`;
  if (spec?.volumeMode === 'Block') return `${LOCAL_PROVISIONER} does not support block volume provisioning`;
  if (spec?.selector !== undefined) return 'claim Selector is not supported';
  if ((spec?.dataSource ?? spec?.dataSourceRef) !== undefined) return 'claim DataSource is not supported';
  if (mountOptions.length > 0) {
    const options = `StorageClass "${storageClass.metadata.name}" has mount options [${mountOptions.join(' ')}]`;
    return `Mount options are not supported by the provisioner but ${options}`;
  }
  const [parameter] = Object.keys(parameters);
  return parameter === undefined ? undefined : `invalid option "${parameter}" for volume plugin ${LOCAL_PROVISIONER}`;
}

function chooseAgain(claim: StoredClaim): PlannedCommand {
  const patch = { metadata: { annotations: { [ANNOTATIONS.selectedNode]: null } } };
  return patchOf('persistentvolumeclaims', claim, patch, { asSeen: true });
}

function failed(
  claim: StoredClaim,
  { metadata: { name } }: StoredStorageClass,
  problem: string,
  ...commands: PlannedCommand[]
): { kind: 'act'; result: ReconcileResult } {
  const note = provisioningFailed(claim, `failed to provision volume with StorageClass "${name}": ${problem}`);
  return { kind: 'act', result: { commands: [...commands, ...unboundStatus(claim, 'Pending')], notes: [note] } };
}

/** The event of a claim that gets no volume. */
export function provisioningFailed(claim: StoredClaim, message: string): Note {
  return tell(claim, 'Warning', 'ProvisioningFailed', message);
}

/** Says on a claim who is to make its volume. */
export function nameProvisioner(claim: StoredClaim, provisioner: string): PlannedCommand[] {
  if (annotationOf(claim, ANNOTATIONS.provisioner) === provisioner) return [];
  const annotations = { [ANNOTATIONS.provisioner]: provisioner, [ANNOTATIONS.betaProvisioner]: provisioner };
  return [patchOf('persistentvolumeclaims', claim, { metadata: { annotations } })];
}

/** Makes the volume of a directory that is there. */
export function provisioned({ claim, storageClass, node, name }: Provisioning, path: string): ReconcileResult {
  const labels = node.metadata.labels ?? {};
  const hostname = labels[HOSTNAME];
  const requirement = { operator: 'In', values: [hostname ?? node.metadata.name] };
  const term =
    hostname === undefined
      ? { matchFields: [{ key: 'metadata.name', ...requirement }] }
      : { matchExpressions: [{ key: HOSTNAME, ...requirement }] };
  const isRemoved = storageClass.reclaimPolicy !== 'Retain';
  const object = {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: {
      name,
      annotations: { [ANNOTATIONS.provisionedBy]: LOCAL_PROVISIONER, [NODE]: node.metadata.name },
      ...(isRemoved && { finalizers: [VOLUME_FINALIZERS.provisioned] }),
    },
    spec: {
      accessModes: claim.spec?.accessModes,
      capacity: { storage: requestOf(claim) },
      claimRef: claimReference(claim),
      local: { path },
      nodeAffinity: { required: { nodeSelectorTerms: [term] } },
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
      storageClassName: storageClass.metadata.name,
      volumeMode: 'Filesystem',
    },
  };
  const create: PlannedCommand = {
    type: 'CreateObject',
    data: { resource: 'persistentvolumes', namespace: '', object },
  };
  const message = `Successfully provisioned volume ${name}`;
  return {
    commands: [create, ...nameProvisioner(claim, LOCAL_PROVISIONER)],
    notes: [tell(claim, 'Normal', 'ProvisioningSucceeded', message, LOCAL_PROVISIONER)],
  };
}

/** The node that has the directory of a provisioned volume, whether there still is such a node or not. */
export function homeOf(volume: StoredVolume | undefined): string | undefined {
  return volume === undefined ? undefined : annotationOf(volume, NODE);
}
