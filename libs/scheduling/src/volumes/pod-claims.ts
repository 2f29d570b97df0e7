import { isFullyBound, storageClassOf, type StoredClaim, type StoredPod } from '@shiplog/kube';
import type { PodFacts } from '../facts/pod-facts';
import type { Volumes } from './volumes';

/** The claims of a pod that may go somewhere: those with a volume, and those that get one when the pod's node is known. */
export interface PodClaims {
  readonly bound: readonly StoredClaim[];
  readonly waiting: readonly StoredClaim[];
}

/** The claims of a pod, or why it can go nowhere as they are, in Kubernetes' words (PreFilter of VolumeBinding). */
export function podClaims(facts: PodFacts, volumes: Volumes): PodClaims | string {
  const { namespace = '' } = facts.pod.metadata;
  const bound: StoredClaim[] = [];
  const waiting: StoredClaim[] = [];
  for (const name of facts.claims) {
    const claim = volumes.claim(namespace, name);
    const problem = claim === undefined ? missing(facts.pod, name) : problemOf(claim, facts.pod);
    if (claim === undefined || problem !== undefined) return problem ?? '';
    if (isFullyBound(claim)) bound.push(claim);
    else if (waitsForPod(claim, volumes)) waiting.push(claim);
    else return 'pod has unbound immediate PersistentVolumeClaims';
  }
  return { bound, waiting };
}

function missing(pod: StoredPod, name: string): string {
  return isOwn(pod, name)
    ? `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"`
    : `persistentvolumeclaim "${name}" not found`;
}

function problemOf({ metadata, spec, status }: StoredClaim, pod: StoredPod): string | undefined {
  const { name, namespace = '', deletionTimestamp, ownerReferences = [] } = metadata;
  if (status?.phase === 'Lost') {
    return `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${spec?.volumeName ?? ''}"`;
  }
  if (deletionTimestamp !== undefined) return `persistentvolumeclaim "${name}" is being deleted`;
  if (!isOwn(pod, name) || ownerReferences.some(({ uid }) => uid === pod.metadata.uid)) return undefined;
  return `PVC ${namespace}/${name} was not created for pod ${namespace}/${pod.metadata.name} (pod is not owner)`;
}

/** Whether a claim of this name is to be made for the pod alone. */
function isOwn({ metadata, spec }: StoredPod, name: string): boolean {
  return (spec?.volumes ?? []).some((volume) => volume.ephemeral && `${metadata.name}-${volume.name}` === name);
}

function waitsForPod(claim: StoredClaim, volumes: Volumes): boolean {
  if ((claim.spec?.volumeName ?? '') !== '') return false;
  return volumes.storageClass(storageClassOf(claim))?.volumeBindingMode === 'WaitForFirstConsumer';
}
