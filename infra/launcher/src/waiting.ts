import { setTimeout as wait } from 'node:timers/promises';
import { readFileSync } from 'node:fs';
import { LauncherFailure, sentenceOf } from './failure';
import type { ManagedProcess } from './processes/managed-process';
import { plainLines } from './system/plain-text';

const LOOK_EVERY_MS = 40;
/** So many ends in a row of a process that was never ready are no accident. */
const TOO_MANY_FAILURES = 4;

/** What is waited for, for the sentence when it does not come. */
export interface Awaited {
  name: string;
  /** Milliseconds. */
  within: number;
  /** The process that should bring it about: its repeated end ends the waiting. */
  process?: ManagedProcess;
}

/**
 * Waits until a question to another program is answered: it throws (or answers undefined) until then.
 * @throws LauncherFailure with the last lines of the process's log
 */
export async function waitUntil<T>(ask: () => Promise<T | undefined>, awaited: Awaited): Promise<T> {
  const until = Date.now() + awaited.within;
  let last = 'no answer';
  while (Date.now() < until) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
    } catch (error) {
      last = sentenceOf(error);
    }
    const state = awaited.process?.state;
    if (state?.kind === 'waiting' && state.failures >= TOO_MANY_FAILURES) {
      throw new LauncherFailure(
        `${awaited.name} does not start: ${state.reason}. ${lastLines(awaited.process)}`,
        lookAt(awaited.process),
      );
    }
    await wait(LOOK_EVERY_MS);
  }
  throw new LauncherFailure(
    `${awaited.name} was not ready within ${awaited.within / 1000} s: ${last}. ${lastLines(awaited.process)}`,
    lookAt(awaited.process),
  );
}

function lookAt(managed: ManagedProcess | undefined): string {
  return managed === undefined ? 'npm run status' : `tail -50 ${managed.spec.log}`;
}

/** The end of a process's log, which usually says what is wrong. */
export function lastLines(managed: ManagedProcess | undefined, lines = 5): string {
  if (managed === undefined) return '';
  try {
    const text = readFileSync(managed.spec.log, 'utf8').trimEnd().split('\n').slice(-lines).join('\n    ');
    return `Its log ends:\n    ${plainLines(text)}\n`;
  } catch {
    return ''; // No log, nothing to show.
  }
}
