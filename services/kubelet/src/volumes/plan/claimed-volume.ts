import type { ObjectOf, Volume } from '@shiplog/contracts';
import { claimNameOf } from '@shiplog/kube';
import { isReachable } from '@shiplog/scheduling';
import type { EnvContext } from '../../container/render/env';
import { containersOf, type Pod } from '../../domain/pod';
import { elsewhere, noPlugin, unprocessable } from '../set-up-failure';
import type { PlannedVolume } from './planned-volume';

type Claim = ObjectOf<'persistentvolumeclaims'>;

/**
 * What a claim of a pod comes to on this node: the volume that it is bound to. Undefined for a volume that is no claim's. Throws
 * VolumeFailure where there is none yet, or it is of a kind not served (createVolumeSpec in pkg/kubelet/volumemanager/populator).
 */
export function planClaim(volume: Volume, { pod, source, node }: EnvContext): PlannedVolume | undefined {
  const name = claimNameOf(pod, volume);
  if (name === undefined) return undefined;
  const { namespace = '' } = pod.metadata;
  const failed = (reason: string): Error =>
    unprocessable(volume.name, `error processing PVC ${namespace}/${name}: ${reason}`);
  const claim = source.claim(namespace, name);
  const problem = claimProblem(claim, name);
  if (claim === undefined || problem !== undefined) throw failed(problem ?? '');
  if (volume.ephemeral !== undefined && !isOf(claim, pod)) {
    const owned = `PVC ${namespace}/${name} was not created for pod ${namespace}/${pod.metadata.name}`;
    throw unprocessable(volume.name, `${owned} (pod is not owner)`);
  }
  const found = source.volume(claim.spec?.volumeName ?? '');
  const mismatch = volumeProblem(found, claim);
  if (found === undefined || mismatch !== undefined) throw failed(mismatch ?? '');
  const mode = found.spec?.volumeMode ?? 'Filesystem';
  const place = mode === 'Block' ? 'volumeMounts' : 'volumeDevices';
  if (mode === 'Block' ? isMounted(pod, volume.name) : isDevice(pod, volume.name))
    throw unprocessable(volume.name, `volume ${volume.name} has volumeMode ${mode}, but is specified in ${place}`);
  // A device itself is given to no container here.
  if (mode === 'Block') throw noPlugin(found.metadata.name);
  if (!isReachable(found, { name: node.name, labels: source.nodeLabels() })) throw elsewhere(found.metadata.name);
  return planned(volume, found);
}

function planned(volume: Volume, { metadata, spec }: ObjectOf<'persistentvolumes'>): PlannedVolume {
  const common = { name: volume.name, readOnly: volume.persistentVolumeClaim?.readOnly === true } as const;
  if (spec?.hostPath !== undefined)
    return { ...common, kind: 'host', path: spec.hostPath.path, type: spec.hostPath.type ?? '' };
  if (spec?.local !== undefined) return { ...common, kind: 'local', path: spec.local.path, volume: metadata.name };
  throw noPlugin(metadata.name);
}

/** Undefined for a claim whose volume may be mounted. */
function claimProblem(claim: Claim | undefined, name: string): string | undefined {
  if (claim === undefined) return `failed to fetch PVC from API server: persistentvolumeclaims "${name}" not found`;
  if (claim.metadata.deletionTimestamp !== undefined) return 'PVC is being deleted';
  if (claim.status?.phase !== 'Bound') return 'PVC is not bound';
  return (claim.spec?.volumeName ?? '') === '' ? 'PVC has empty pvc.Spec.VolumeName' : undefined;
}

/** Both must say that they belong together: a volume's name is anybody's to write into a claim. */
function volumeProblem(volume: ObjectOf<'persistentvolumes'> | undefined, claim: Claim): string | undefined {
  const name = claim.spec?.volumeName ?? '';
  if (volume === undefined) return `failed to fetch PV ${name} from API server: persistentvolumes "${name}" not found`;
  const { claimRef } = volume.spec ?? {};
  const found = `found PV object ${name} but`;
  if (claimRef === undefined)
    return `${found} it has a nil pv.Spec.ClaimRef indicating it is not yet bound to the claim`;
  if (claimRef.uid === claim.metadata.uid) return undefined;
  return `${found} its pv.Spec.ClaimRef.UID ${claimRef.uid ?? ''} does not point to claim.UID ${claim.metadata.uid}`;
}

function isMounted(pod: Pod, volume: string): boolean {
  return containersOf(pod).some(({ volumeMounts = [] }) => volumeMounts.some(({ name }) => name === volume));
}

function isDevice(pod: Pod, volume: string): boolean {
  return containersOf(pod).some(({ volumeDevices = [] }) => volumeDevices.some(({ name }) => name === volume));
}

function isOf({ metadata }: Claim, pod: Pod): boolean {
  return (metadata.ownerReferences ?? []).some(
    ({ uid, controller }) => controller === true && uid === pod.metadata.uid,
  );
}
