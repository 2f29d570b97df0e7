import { ContainerConfigError } from '../container/start-failure';

/** What is wrong with one volume: what it is made of is not there, or not as it should be. */
export class VolumeProblem extends Error {}

/** A volume's problem as its pod's, in Kubernetes' words: the pod waits. Other errors stay what they are. */
export function setUpFailure(volume: string, error: unknown): unknown {
  if (!(error instanceof VolumeProblem)) return error;
  const message = `MountVolume.SetUp failed for volume "${volume}" : ${error.message}`;
  return new ContainerConfigError(message, 'ContainerCreating');
}
