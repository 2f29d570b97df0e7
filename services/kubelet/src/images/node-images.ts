import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { LOGGER } from '@shiplog/service';
import { SyncLoop } from '@shiplog/wait';
import type { Logger } from 'pino';
import { NodeAgent } from '../node/node-agent';
import type { PodRuntime } from '../runtime/runtime';
import { POD_RUNTIME } from '../tokens';
import { renderImages } from './domain/node-images';
import { ImageStore } from './image-store';

/** The list is written as a whole, so what comes in a row is written once. */
const SETTLE_MS = 30_000;
const BACK_OFF = { firstMs: 1_000, longestMs: 60_000 };

/** Tells of the images of this node in its Node's status, when the engine says that they have changed. */
@Injectable()
export class NodeImages implements OnApplicationShutdown {
  #settling: NodeJS.Timeout | undefined;
  readonly #loop = new SyncLoop({
    run: async () => this.agent.imagesAre(renderImages(await this.runtime.listImages())),
    backOff: BACK_OFF,
    onError: (error) => this.logger.warn({ err: error }, 'could not list the images for the Node; trying again'),
  });

  constructor(
    @Inject(POD_RUNTIME) private readonly runtime: Pick<PodRuntime, 'listImages'>,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly agent: NodeAgent,
    images: ImageStore,
  ) {
    images.onForget(() => this.#changed());
  }

  /** The engine is there, with whatever it has by now. */
  engineUp(): void {
    this.#loop.wake();
  }

  async onApplicationShutdown(): Promise<void> {
    clearTimeout(this.#settling);
    await this.#loop.stop();
  }

  #changed(): void {
    this.#settling ??= setTimeout(() => {
      this.#settling = undefined;
      this.#loop.wake();
    }, SETTLE_MS);
    this.#settling.unref();
  }
}
