import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { LOGGER } from '@shiplog/service';
import type { Logger } from 'pino';
import { ImageStore } from './images/image-store';
import { ContainerTable } from './runtime/container-table';
import type { EngineFacts, PodRuntime, RuntimeEvent } from './runtime/runtime';
import { POD_RUNTIME } from './tokens';

/** Who has to know whether the engine answers. */
export interface EngineListener {
  /** The engine answers and all containers are known (again). */
  engineUp(engine: EngineFacts): void;
  engineDown(why: string): void;
}

/** Keeps the table of containers in step with the engine, over its absences. */
@Injectable()
export class EngineLink implements OnApplicationShutdown {
  #listener: EngineListener | undefined;
  #watch: { close(): void } | undefined;
  #up = false;
  #retry: NodeJS.Timeout | undefined;
  /** Counts connections, so that what belongs to an earlier one is let go. */
  #connection = 0;

  constructor(
    @Inject(POD_RUNTIME) private readonly runtime: PodRuntime,
    private readonly table: ContainerTable,
    private readonly images: ImageStore,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  get isUp(): boolean {
    return this.#up;
  }

  /** Begins to watch the engine, and tells one listener how it is. */
  start(listener: EngineListener): void {
    this.#listener = listener;
    this.#watch = this.runtime.watch((event) => this.#hear(event));
  }

  onApplicationShutdown(): void {
    this.#connection++;
    clearTimeout(this.#retry);
    this.#watch?.close();
  }

  #hear(event: RuntimeEvent): void {
    const { table, images, logger } = this;
    switch (event.type) {
      case 'connected':
        void this.#connected(++this.#connection);
        return;
      case 'disconnected':
        this.#connection++;
        if (this.#up) logger.warn({ why: event.why }, 'the container engine is away');
        this.#up = false;
        this.#listener?.engineDown(event.why);
        return;
      case 'images':
        images.forget();
        return;
      case 'container':
        if (event.what === 'removed') table.drop(event.id);
        else if (event.what === 'ended' || table.get(event.id)?.state.phase === 'exited') {
          table
            .refresh(event.id)
            .catch((error: unknown) => logger.warn({ err: error, id: event.id }, 'could not inspect a container'));
        }
    }
  }

  async #connected(connection: number): Promise<void> {
    const { runtime, table, images, logger } = this;
    try {
      const engine = await runtime.engine();
      await runtime.prepare();
      images.forget();
      await table.relist();
      if (connection !== this.#connection) return;
      this.#up = true;
      logger.info({ engine: engine.version, pods: table.pods().length }, 'the container engine answers');
      this.#listener?.engineUp(engine);
    } catch (error) {
      if (connection !== this.#connection) return;
      logger.warn({ err: error }, 'the container engine can not be asked; trying again');
      this.#listener?.engineDown(error instanceof Error ? error.message : String(error));
      this.#retry = setTimeout(() => {
        if (connection === this.#connection) void this.#connected(connection);
      }, RETRY_MS);
    }
  }
}

const RETRY_MS = 1_000;
