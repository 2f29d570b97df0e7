import { isMirror, referencesOf } from '@shiplog/admission';
import { asStored, decodeObject, expectedAt, isJsonObject } from '@shiplog/apimachinery';
import { builtIn, type AnyCommand, type Command, type KubeObject, type ObjectOf } from '@shiplog/contracts';
import type { ReadonlyCluster } from '../state';

const LEASE_NAMESPACE = 'kube-node-lease';
/** Where Kubernetes' own names begin; below them a node may give itself only what `OWN_LABELS` lists. */
const RESERVED_DOMAIN = /(^|\.)(kubernetes|k8s)\.io$/;
const OWN_LABELS = new Set([
  'kubernetes.io/hostname',
  'kubernetes.io/arch',
  'kubernetes.io/os',
  'beta.kubernetes.io/arch',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/instance-type',
  'node.kubernetes.io/instance-type',
  'failure-domain.beta.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
]);
const OWN_LABEL_DOMAINS = /(^|\.)(kubelet|node)\.kubernetes\.io$/;
/** By these the agents of nodes tell each other where they are. */
const OWN_ANNOTATIONS = 'flannel.alpha.coreos.com/';

/**
 * Why a node may not do something, or undefined: it may register itself, say how it and its pods are, renew its lease,
 * and remove its own pods after their end. Rules and label names are those of Kubernetes' NodeRestriction admission.
 */
export function nodeRejection(state: ReadonlyCluster, node: string, command: AnyCommand): string | undefined {
  switch (command.type) {
    case 'ReportPods':
      return command.data.node === node ? undefined : `it may report for itself only, not for ${command.data.node}`;
    case 'CreateObject':
      return createRejection(state, node, command.data);
    case 'PatchObject':
      return patchRejection(node, command.data);
    case 'DeleteObject':
      return deleteRejection(state, node, command.data);
    default:
      return `it may not send ${command.type}`;
  }
}

function createRejection(
  state: ReadonlyCluster,
  node: string,
  { resource, namespace, object }: Command<'CreateObject'>['data'],
): string | undefined {
  if (resource === 'pods') return mirrorRejection(state, node, object);
  const isOwn = object.metadata.name === node;
  if (resource === 'leases.coordination.k8s.io' && namespace === LEASE_NAMESPACE && isOwn) return undefined;
  if (resource !== 'nodes' || !isOwn)
    return 'it may create its own Node and Lease only, and mirrors of its static pods';
  const spec = isJsonObject(object['spec']) ? object['spec'] : {};
  const fields = Object.keys(spec).filter((field) => spec[field] !== undefined);
  if (fields.length > 0) return `it may not set spec.${fields[0]} of its Node`;
  return metadataRejection(object.metadata as Record<string, unknown>, ['name', 'labels', 'annotations']);
}

/** A node shows its static pods; by a pod it gets at nothing that it could not read before (admitPodCreate of NodeRestriction). */
function mirrorRejection(state: ReadonlyCluster, node: string, object: KubeObject): string | undefined {
  const decoded = decodeObject(expectedAt(asStored(builtIn('pods'))), object);
  if (!decoded.ok) return decoded.status.message;
  const pod = decoded.value as ObjectOf<'pods'>;
  const { metadata, spec } = pod;
  if (!isMirror(metadata)) return 'it may create mirrors of its static pods only';
  if (spec?.nodeName !== node) return 'it may create mirrors of its own static pods only';
  const owners = metadata.ownerReferences ?? [];
  const uid = state.get('nodes', '', node)?.metadata.uid;
  const isItself = owners.every((owner) => owner.kind === 'Node' && owner.name === node && owner.uid === uid);
  if (owners.length !== 1 || !isItself) return 'it alone may own the mirrors of its static pods';
  if (spec.serviceAccountName !== undefined) return 'it may not create a mirror pod that references a service account';
  const claims = (spec.volumes ?? []).flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? []);
  const [reference] = [...referencesOf(pod), ...claims.map((claim) => `persistentvolumeclaims/${claim}`)];
  return reference === undefined ? undefined : `it may not create a mirror pod that references ${reference}`;
}

function patchRejection(
  node: string,
  { resource, name, subresource, patchType, patch }: Command<'PatchObject'>['data'],
): string | undefined {
  if (resource !== 'nodes' || name !== node) return 'it may patch its own Node only';
  if (patchType === 'json' || !isJsonObject(patch)) return 'it may patch its Node by merge patches only';
  const [other] = Object.keys(patch).filter((field) => field !== (subresource === 'status' ? 'status' : 'metadata'));
  if (other !== undefined || (subresource !== undefined && subresource !== 'status')) {
    return `it may not change ${other ?? subresource} of its Node`;
  }
  if (subresource === 'status') return undefined;
  return isJsonObject(patch['metadata'])
    ? metadataRejection(patch['metadata'], ['labels', 'annotations'])
    : 'it may not remove the metadata of its Node';
}

function metadataRejection(metadata: Record<string, unknown>, allowed: readonly string[]): string | undefined {
  const other = Object.keys(metadata).find((field) => !allowed.includes(field) && metadata[field] !== undefined);
  if (other !== undefined) return `it may not set metadata.${other} of its Node`;
  const label = keysOf(metadata['labels']).find((key) => !isOwnLabel(key));
  if (label !== undefined) return `it may not give itself the label ${label}`;
  const annotation = keysOf(metadata['annotations']).find((key) => !key.startsWith(OWN_ANNOTATIONS));
  return annotation === undefined ? undefined : `it may not give itself the annotation ${annotation}`;
}

function keysOf(value: unknown): string[] {
  return isJsonObject(value) ? Object.keys(value) : [];
}

function isOwnLabel(key: string): boolean {
  const domain = key.includes('/') ? key.slice(0, key.indexOf('/')) : '';
  if (!RESERVED_DOMAIN.test(domain)) return true;
  return OWN_LABELS.has(key) || OWN_LABEL_DOMAINS.test(domain);
}

/** What isn't there any more is decided, not refused: the answer is that it is gone. */
function deleteRejection(
  state: ReadonlyCluster,
  node: string,
  { resource, namespace, name, preconditions }: Command<'DeleteObject'>['data'],
): string | undefined {
  if (resource !== 'pods') return 'it may delete pods only';
  if (preconditions?.uid === undefined) return 'it must say which pod it deletes, by preconditions.uid';
  const pod = state.get('pods', namespace, name);
  if (pod === undefined || pod.metadata.uid !== preconditions.uid) return undefined;
  if (pod.spec?.nodeName !== node) return 'it may delete its own pods only';
  return hasEnded(pod) || isMirror(pod.metadata) ? undefined : 'it may delete a pod only after its end';
}

function hasEnded({ metadata, status }: ObjectOf<'pods'>): boolean {
  return metadata.deletionTimestamp !== undefined || status?.phase === 'Succeeded' || status?.phase === 'Failed';
}
