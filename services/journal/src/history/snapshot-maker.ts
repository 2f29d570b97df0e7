import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { Logger } from 'pino';

/** What the program is told. */
export interface SnapshotOrder {
  readonly databaseUrl: string;
  /** Of the journal that wants it: a later one has its own. */
  readonly epoch: number;
}

export interface SnapshotMade {
  readonly outcome: 'saved' | 'deposed';
  readonly position: number;
  readonly objects: number;
}

/** What the program says. */
export type SnapshotSaid =
  | { readonly made: SnapshotMade }
  | { readonly failed: string }
  | { readonly warning: { fields: object; message: string } };

/** Longer than the largest state takes on a busy machine. */
const LONGEST_MS = 15 * 60_000;

/** Nobody waits for a snapshot, and everybody for what it takes from them: it gets what others leave, and a thirtieth. */
const NICE = '15';

/**
 * Makes snapshots in a process of their own, which reads the log from Postgres: the deciding thread starts it, and hears
 * of its end. All that it took is given back then, and all of its threads have their low priority from the start.
 */
export class SnapshotMaker {
  /** @param program the compiled snapshot-worker */
  constructor(
    private readonly databaseUrl: () => string,
    private readonly program: string,
    private readonly logger: Pick<Logger, 'warn'>,
  ) {}

  /** Throws when it could not be made; an aborted one leaves nothing behind. */
  async make(epoch: number, signal: AbortSignal): Promise<SnapshotMade> {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(LONGEST_MS)]);
    bounded.throwIfAborted();
    const child = spawn('nice', ['-n', NICE, process.execPath, this.program], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      detached: true,
    });
    const said = this.#listen(child);
    try {
      await once(child, 'spawn', { signal: bounded });
      const ended = once(child, 'close', { signal: bounded });
      await Promise.all([ended, stepBack(child), tell(child, { databaseUrl: this.databaseUrl(), epoch })]);
    } finally {
      child.kill('SIGKILL');
    }
    return madeOf(said);
  }

  #listen(child: ChildProcess): SnapshotSaid[] {
    const said: SnapshotSaid[] = [];
    child.on('message', (message: SnapshotSaid) => {
      if ('warning' in message) this.logger.warn(message.warning.fields, message.warning.message);
      else said.push(message);
    });
    return said;
  }
}

function madeOf([last]: readonly SnapshotSaid[]): SnapshotMade {
  if (last !== undefined && 'made' in last) return last.made;
  if (last !== undefined && 'failed' in last) throw new Error(`the snapshot program failed: ${last.failed}`);
  throw new Error('the snapshot program ended without a word');
}

/** Where Linux shares the processors out by session (sched_autogroup), priorities count within one: a session has its own. */
async function stepBack({ pid }: ChildProcess): Promise<void> {
  await writeFile(`/proc/${pid}/autogroup`, NICE).catch(() => undefined);
}

/** A program that has ended already is heard of by its end. */
function tell(child: ChildProcess, order: SnapshotOrder): Promise<void> {
  return new Promise((resolve) => {
    child.send(order, () => resolve());
  });
}
