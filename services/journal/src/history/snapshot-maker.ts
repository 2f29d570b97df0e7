import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';

/** What the thread is told. */
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

/** What the thread says. */
type Said = { readonly made: SnapshotMade } | { readonly warning: { fields: object; message: string } };

/** Longer than the largest state takes on a busy machine. */
const LONGEST_MS = 15 * 60_000;

/**
 * Makes snapshots in a thread of their own, which reads the log from Postgres: the deciding thread starts it, and hears
 * of its end.
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
    const order: SnapshotOrder = { databaseUrl: this.databaseUrl(), epoch };
    const worker = new Worker(this.program, { workerData: order, name: 'snapshot' });
    let made: SnapshotMade | undefined;
    worker.on('message', (said: Said) => {
      if ('made' in said) made = said.made;
      else this.logger.warn(said.warning.fields, said.warning.message);
    });
    try {
      await once(worker, 'exit', { signal: AbortSignal.any([signal, AbortSignal.timeout(LONGEST_MS)]) });
    } finally {
      await worker.terminate();
    }
    if (made === undefined) throw new Error('the snapshot thread ended without a word');
    return made;
  }
}
