import { rename, rm, stat } from 'node:fs/promises';
import { SyncLoop } from '@shiplog/wait';
import { logFiles } from './log-files';

/** Kubernetes' containerLogMaxSize, containerLogMaxFiles and containerLogMonitorInterval. */
const MOST_BYTES = 10 * 1024 * 1024;
const MOST_FILES = 5;
const EVERY_MS = 10_000;
const BACK_OFF = { firstMs: EVERY_MS, longestMs: 60_000 };

export interface RunningLog {
  readonly id: string;
  readonly path: string;
}

export interface LogRotationOptions {
  /** The logs that are written. */
  readonly running: () => Promise<readonly RunningLog[]>;
  /** Has the runtime write to a new file. */
  readonly reopen: (id: string) => Promise<void>;
  readonly mostBytes?: number;
  readonly onProblem: (error: unknown, what: string) => void;
}

/** Moves logs that have grown large out of the way, and forgets the oldest: runtimes leave that to the kubelet. */
export class LogRotation {
  readonly #loop = new SyncLoop({
    run: () => this.rotate(new Date(Date.now())),
    backOff: BACK_OFF,
    onError: (error) => this.options.onProblem(error, 'could not rotate the log of a container'),
  });

  constructor(private readonly options: LogRotationOptions) {}

  start(): void {
    this.#loop.wakeEvery(EVERY_MS);
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
  }

  /** One round. Throws what the last failure was, once all logs had their turn. */
  async rotate(now: Date): Promise<void> {
    let failure: unknown;
    for (const log of await this.options.running()) {
      try {
        await this.#rotate(log, now);
      } catch (error) {
        failure = error;
      }
    }
    if (failure !== undefined) throw failure;
  }

  async #rotate({ id, path }: RunningLog, now: Date): Promise<void> {
    const size = (await stat(path).catch(() => undefined))?.size ?? 0;
    if (size < (this.options.mostBytes ?? MOST_BYTES)) return;
    const rotated = `${path}.${stampOf(now)}`;
    await rename(path, rotated);
    try {
      await this.options.reopen(id);
    } catch (error) {
      // It is written still, under its old name.
      await rename(rotated, path);
      throw error;
    }
    const files = await logFiles(path);
    for (const old of files.slice(0, -MOST_FILES)) await rm(old, { force: true });
  }
}

/** As Kubernetes names them: `20060102-150405`. */
function stampOf(now: Date): string {
  const [day = '', time = ''] = now.toISOString().split('T');
  return `${day.replaceAll('-', '')}-${time.slice(0, 8).replaceAll(':', '')}`;
}
