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

/** A volume of a kind that this kubelet does not know (WaitForAttachAndMount in pkg/kubelet/volumemanager). */
export function noPlugin(volume: string): VolumeFailure {
  const volumes = `unmounted volumes=[${volume}], unattached volumes=[], failed to process volumes=[${volume}]`;
  const reason = `failed to get Plugin from volumeSpec for volume "${volume}" err=no volume plugin matched`;
  return new VolumeFailure(`Unable to attach or mount volumes: ${volumes}: ${reason}`);
}
