import { setTimeout as wait } from 'node:timers/promises';
import { isAlive, type ProcessIdentity } from './identity';

const LOOK_EVERY_MS = 20;

/**
 * Ends a process that leads a group of its own: asks, then insists.
 * @param how which signal asks, and how many milliseconds pass between asking and insisting
 * @returns whether it had to be killed
 */
export async function endProcess(
  identity: ProcessIdentity,
  how: { signal?: NodeJS.Signals; patience: number },
): Promise<boolean> {
  if (!isAlive(identity)) return false;
  signalProcess(identity.pid, how.signal ?? 'SIGTERM');
  if (await hasEnded(identity, how.patience)) return false;
  signalProcess(-identity.pid, 'SIGKILL');
  signalProcess(identity.pid, 'SIGKILL');
  await hasEnded(identity, 5_000);
  return true;
}

/** Waits for the end of a process that need not be a child of this one, so nothing announces it. */
export async function hasEnded(identity: ProcessIdentity, patience: number): Promise<boolean> {
  for (const until = Date.now() + patience; Date.now() < until;) {
    if (!isAlive(identity)) return true;
    await wait(LOOK_EVERY_MS);
  }
  return !isAlive(identity);
}

/** Sends a signal; a process that is gone already is what was wanted. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
