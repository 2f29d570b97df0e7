/** A container can't be configured as its pod asks: a waiting reason, with the sentence that says why. */
export class ContainerConfigError extends Error {
  constructor(
    message: string,
    readonly reason = 'CreateContainerConfigError',
  ) {
    super(message);
    this.name = 'ContainerConfigError';
  }
}

/** The sandbox is not there, so nothing can start in it: its own worker says why. */
export class SandboxAway extends Error {}

/**
 * Why a container was not started, for its waiting reason. `pull`: the wait before the next attempt at `image` grows. `ended`: the
 * engine has it, so it waits as any that has ended.
 */
export class StartFailure extends Error {
  constructor(
    readonly reason: string,
    message: string,
    readonly kind: 'config' | 'pull' | 'engine' | 'ended',
    readonly image = '',
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
