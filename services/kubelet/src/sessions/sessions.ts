import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { DuplexStream } from '@shiplog/bus';
import { StatusError } from '@shiplog/contracts';
import { statusOf } from '@shiplog/apimachinery';
import { LOGGER } from '@shiplog/service';
import type { Logger } from 'pino';
import type { PodRuntime } from '../runtime/runtime';
import { POD_RUNTIME } from '../tokens';
import { ExecRecords } from './exec-records';

/** The sessions that are open here: they end with the kubelet, and none outlives it in a container. */
@Injectable()
export class Sessions implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #open = new Map<DuplexStream, Promise<void>>();

  constructor(
    @Inject(POD_RUNTIME) private readonly runtime: PodRuntime,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly records: ExecRecords,
  ) {}

  /** What was running for a kubelet that was killed has nobody who waits for it. */
  async onApplicationBootstrap(): Promise<void> {
    for (const execId of await this.records.all()) {
      try {
        await this.runtime.killExec(execId);
        await this.records.end(execId);
      } catch (error) {
        this.logger.warn({ err: error, execId }, 'could not end what runs for a session that is gone');
      }
    }
  }

  /** Counts a session for as long as it goes on. */
  async during(stream: DuplexStream, work: () => Promise<void>): Promise<void> {
    const done = work();
    this.#open.set(stream, done);
    try {
      await done;
    } finally {
      this.#open.delete(stream);
    }
  }

  /** How many there are. */
  get size(): number {
    return this.#open.size;
  }

  async onApplicationShutdown(): Promise<void> {
    const open = [...this.#open];
    for (const [stream] of open) stream.close(new StatusError(statusOf.unavailable('the kubelet is stopping')));
    await Promise.allSettled(open.map(([, done]) => done));
  }
}
