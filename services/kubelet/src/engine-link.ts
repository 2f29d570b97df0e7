import type { Logger } from 'pino';
import type { ImageStore } from './images/image-store';
import type { ContainerTable } from './runtime/container-table';
import type { EngineFacts, PodRuntime, RuntimeEvent } from './runtime/runtime';

export interface EngineLinkOptions {
  readonly runtime: PodRuntime;
  readonly table: ContainerTable;
  readonly images: ImageStore;
  readonly logger: Logger;
  /** The engine answers and all containers are known (again). */
  up(engine: EngineFacts): void;
  down(why: string): void;
}

/** Keeps the table of containers in step with the engine, over its absences. */
export class EngineLink {
  #watch: { close(): void } | undefined;
  #up = false;
  #retry: NodeJS.Timeout | undefined;
  /** Counts connections, so that what belongs to an earlier one is let go. */
  #connection = 0;

  constructor(private readonly options: EngineLinkOptions) {}

  get isUp(): boolean {
    return this.#up;
  }

  start(): void {
    this.#watch = this.options.runtime.watch((event) => this.#hear(event));
  }

  close(): void {
    this.#connection++;
    clearTimeout(this.#retry);
    this.#watch?.close();
  }

  #hear(event: RuntimeEvent): void {
    const { table, images, logger } = this.options;
    switch (event.type) {
      case 'connected':
        void this.#connected(++this.#connection);
        return;
      case 'disconnected':
        this.#connection++;
        if (this.#up) logger.warn({ why: event.why }, 'the container engine is away');
        this.#up = false;
        this.options.down(event.why);
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
    const { runtime, table, images, logger } = this.options;
    try {
      const engine = await runtime.engine();
      await runtime.prepare();
      images.forget();
      await table.relist();
      if (connection !== this.#connection) return;
      this.#up = true;
      logger.info({ engine: engine.version, pods: table.pods().length }, 'the container engine answers');
      this.options.up(engine);
    } catch (error) {
      if (connection !== this.#connection) return;
      logger.warn({ err: error }, 'the container engine can not be asked; trying again');
      this.options.down(error instanceof Error ? error.message : String(error));
      this.#retry = setTimeout(() => {
        if (connection === this.#connection) void this.#connected(connection);
      }, RETRY_MS);
    }
  }
}

const RETRY_MS = 1_000;
