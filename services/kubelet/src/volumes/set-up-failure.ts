import { ContainerConfigError, messageOf } from '../container/start-failure';
import { RuntimeError } from '../runtime/runtime';

/** A volume of a pod can't be had, in Kubernetes' words: the pod waits, and is tried again with a back-off. */
export class VolumeFailure extends ContainerConfigError {
  constructor(message: string) {
    super(message, 'ContainerCreating');
    this.name = 'VolumeFailure';
  }
}

/** What is wrong with one volume, whatever it is, as its pod's trouble. That the engine is away is no volume's. */
export function setUpFailure(volume: string, error: unknown): unknown {
  if (error instanceof VolumeFailure) return error;
  if (error instanceof RuntimeError && error.problem === 'unavailable') return error;
  return new VolumeFailure(`MountVolume.SetUp failed for volume "${volume}" : ${messageOf(error)}`);
}

/** A volume of the cluster is not as it says it is. */
export function initializationFailure(volume: string, reason: string): VolumeFailure {
  return new VolumeFailure(`MountVolume.NewMounter initialization failed for volume "${volume}" : ${reason}`);
}

/** A volume of a kind that this kubelet does not know. */
export function noPlugin(volume: string): VolumeFailure {
  return unprocessable(
    volume,
    `failed to get Plugin from volumeSpec for volume "${volume}" err=no volume plugin matched`,
  );
}

/** A volume of the cluster is of other nodes. */
export function elsewhere(volume: string): VolumeFailure {
  return new VolumeFailure(
    `MountVolume.NodeAffinity check failed for volume "${volume}" : no matching NodeSelectorTerms`,
  );
}

/** It can't be told what a volume of a pod is (WaitForAttachAndMount in pkg/kubelet/volumemanager). */
export function unprocessable(volume: string, reason: string): VolumeFailure {
  const volumes = `unmounted volumes=[${volume}], unattached volumes=[], failed to process volumes=[${volume}]`;
  return new VolumeFailure(`Unable to attach or mount volumes: ${volumes}: ${reason}`);
}
