import { ContainerConfigError } from '../container/container-config-error';
import { SandboxAway } from './sandbox';

/** Why a container was not started, for its waiting reason. `pull`: the wait before the next attempt grows. */
export class StartFailure extends Error {
  constructor(
    readonly reason: string,
    message: string,
    readonly kind: 'config' | 'pull' | 'engine',
  ) {
    super(message);
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Any error as the failure of a start; `reason` is for what the engine says. */
export function asFailure(error: unknown, reason: string): Error {
  if (error instanceof SandboxAway || error instanceof StartFailure) return error;
  if (error instanceof ContainerConfigError) return new StartFailure(error.reason, error.message, 'config');
  return new StartFailure(reason, messageOf(error), 'engine');
}
