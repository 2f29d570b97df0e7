import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { LOGGER } from '@shiplog/service';
import type { Logger } from 'pino';
import { ImageStore } from '../images/image-store';
import { ContainerTable } from './container-table';
import type { EngineFacts, ObservedContainer, PodRuntime, RuntimeEvent } from './runtime';
import { POD_RUNTIME } from '../tokens';

/** Who has to know whether the engine answers. */
export interface RuntimeListener {
  /** The engine answers and all containers are known (again). */
  engineUp(engine: EngineFacts): void;
  engineDown(reason: string): void;
}

/** Keeps the table of containers in step with the engine, over its absences. */
@Injectable()
export class RuntimeConnection implements OnApplicationShutdown {
  #listener: RuntimeListener | undefined;
  #watch: { close(): void } | undefined;
  #up = false;
  #retry: NodeJS.Timeout | undefined;
  /** Counts connections, so that what belongs to an earlier one is let go. */
  #generation = 0;

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
  start(listener: RuntimeListener): void {
    this.#listener = listener;
    this.#watch = this.runtime.watch((event) => this.#hear(event));
  }

  onApplicationShutdown(): void {
    this.#generation++;
    clearTimeout(this.#retry);
    this.#watch?.close();
  }

  #hear(event: RuntimeEvent): void {
    const { table, images, logger } = this;
    switch (event.type) {
      case 'connected':
        void this.#connected(++this.#generation);
        return;
      case 'disconnected':
        this.#generation++;
        if (this.#up) logger.warn({ reason: event.reason }, 'the container engine is away');
        this.#up = false;
        this.#listener?.engineDown(event.reason);
        return;
      case 'images':
        images.forget();
        return;
      case 'container':
        if (event.change === 'removed') table.drop(event.id);
        else if (event.change === 'oom') table.killedForMemory(event.id);
        else if (event.change === 'ended' || table.get(event.id)?.state.phase === 'exited') {
          table
            .refresh(event.id)
            .then((container) => this.#tellEnd(container))
            .catch((error: unknown) => logger.warn({ err: error, id: event.id }, 'could not inspect a container'));
        }
    }
  }

  #tellEnd(container: ObservedContainer | undefined): void {
    if (container?.state.phase !== 'exited' || container.role === 'sandbox') return;
    const { pod, name, attempt, id, state } = container;
    const { exitCode, oomKilled } = state;
    const line = {
      pod: `${pod.namespace}/${pod.name}`,
      uid: pod.uid,
      container: name,
      attempt,
      id,
      exitCode,
      oomKilled,
    };
    this.logger.info(line, 'a container has ended');
  }

  async #connected(generation: number): Promise<void> {
    const { runtime, table, images, logger } = this;
    try {
      const engine = await runtime.engine();
      await runtime.prepare();
      images.forget();
      await table.relist();
      if (generation !== this.#generation) return;
      this.#up = true;
      logger.info({ engine: engine.version, pods: table.pods().length }, 'the container engine answers');
      this.#listener?.engineUp(engine);
    } catch (error) {
      if (generation !== this.#generation) return;
      logger.warn({ err: error }, 'the container engine can not be asked; trying again');
      this.#listener?.engineDown(error instanceof Error ? error.message : String(error));
      this.#retry = setTimeout(() => {
        if (generation === this.#generation) void this.#connected(generation);
      }, RETRY_MS);
    }
  }
}

const RETRY_MS = 1_000;
