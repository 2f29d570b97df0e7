import type { ReadonlyCluster } from '@shiplog/cluster';
import type { Volume } from '@shiplog/contracts';
import { claimNameOf, type StoredClaim, type StoredPod } from '@shiplog/kube';
import { controllerReference } from '../../domain/owners';
import { warningOn } from '../../domain/pod-making';
import { isPodActive } from '../../domain/pods';
import type { Note, PlannedCommand, ReconcileResult } from '../../runtime/domain/controller';

/** The claims that a pod is still to get for volumes that are its own (Kubernetes' ephemeral volume controller). They go with the pod, as it owns them. */
export function decideEphemeralVolumes(pod: StoredPod, state: ReadonlyCluster): ReconcileResult {
  if (!isPodActive(pod)) return { commands: [] };
  const { namespace = '' } = pod.metadata;
  const commands: PlannedCommand[] = [];
  const notes: Note[] = [];
  for (const volume of pod.spec?.volumes ?? []) {
    if (volume.ephemeral === undefined) continue;
    const name = claimNameOf(pod, volume) ?? '';
    const claim = state.get('persistentvolumeclaims', namespace, name);
    if (claim === undefined) commands.push(createClaim(pod, volume, name));
    else if (!isOf(claim, pod)) notes.push(foreign(pod, name));
  }
  return { commands, notes };
}

function createClaim({ metadata }: StoredPod, { ephemeral }: Volume, name: string): PlannedCommand {
  const { namespace = '' } = metadata;
  const { metadata: { labels, annotations } = {}, spec } = ephemeral?.volumeClaimTemplate ?? {};
  const ownerReferences = [controllerReference('v1', 'Pod', metadata)];
  const object = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, namespace, labels, annotations, ownerReferences },
    spec,
  };
  return { type: 'CreateObject', data: { resource: 'persistentvolumeclaims', namespace, object } };
}

function isOf({ metadata }: StoredClaim, pod: StoredPod): boolean {
  return (metadata.ownerReferences ?? []).some(({ uid }) => uid === pod.metadata.uid);
}

function foreign({ metadata }: StoredPod, claim: string): Note {
  const { namespace = '', name, uid } = metadata;
  const message = `PVC ${namespace}/${claim} was not created for pod ${namespace}/${name} (pod is not owner)`;
  return warningOn({ resource: 'pods', namespace, name, uid }, 'ephemeral_volume', 'FailedBinding', message);
}
