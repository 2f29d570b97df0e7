import { statfs } from 'node:fs/promises';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { CONFIG, LOGGER } from '@shiplog/service';
import { SyncLoop } from '@shiplog/wait';
import type { Logger } from 'pino';
import { ContainerTable } from '../runtime/container-table';
import type { EngineFacts, PodRuntime } from '../runtime/runtime';
import type { KubeletConfig } from '../settings';
import { Notes } from '../status/notes';
import { POD_RUNTIME } from '../tokens';
import { NodeMounts } from '../volumes/mounts/node-mounts';
import { decideGarbage, unusedImages, type DiskSpace, type Garbage, type KeptImage } from './decide/garbage';

/** Kubernetes' ImageGCPeriod. */
const PERIOD_MS = 300_000;
const BACK_OFF = { firstMs: 60_000, longestMs: PERIOD_MS };

/** Removes images that no container and no volume uses when their disk gets full. An engine that is not this node's alone keeps all of its. */
@Injectable()
export class ImageGarbage implements OnApplicationShutdown {
  readonly #seen = new Map<string, { firstSeen: number; lastUsed: number }>();
  #folder = '';
  #isStarted = false;
  readonly #loop = new SyncLoop({
    run: () => this.collect(Date.now()),
    backOff: BACK_OFF,
    onError: (error) => this.logger.warn({ err: error }, 'could not look for images that nobody uses'),
  });

  constructor(
    @Inject(CONFIG)
    private readonly config: Pick<KubeletConfig, 'podNetwork' | 'imageGCHighThreshold' | 'imageGCLowThreshold'>,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(POD_RUNTIME) private readonly runtime: PodRuntime,
    private readonly table: ContainerTable,
    private readonly notes: Notes,
    @Inject(NodeMounts) private readonly mounts: Pick<NodeMounts, 'mountedImages'>,
  ) {}

  /** Begins to look, once the engine's containers are known. */
  engineUp({ imageFolder }: EngineFacts): void {
    this.#folder = imageFolder;
    if (this.#isStarted || this.config.podNetwork === 'docker' || imageFolder === '') return;
    this.#isStarted = true;
    this.#loop.wake();
    this.#loop.wakeEvery(PERIOD_MS);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#loop.stop();
  }

  /** One round. @param now epoch milliseconds */
  async collect(now: number): Promise<void> {
    const images = await this.#look(now);
    const space = await spaceOf(this.#folder);
    const { imageGCHighThreshold: high, imageGCLowThreshold: low } = this.config;
    const garbage = space && decideGarbage(images, space, { high, low }, now);
    if (garbage === undefined) return;
    const freed = await this.#remove(garbage);
    if (freed < garbage.wantedBytes) this.#tellOfTooLittle(garbage.wantedBytes, freed);
  }

  /** All that nobody uses: this node needs the room more. @param now epoch milliseconds */
  async removeUnused(now: number): Promise<void> {
    if (this.config.podNetwork === 'docker') return;
    await this.#remove({ images: unusedImages(await this.#look(now), now), wantedBytes: Infinity });
  }

  /** What the engine has, and since when it is known and unused. */
  async #look(now: number): Promise<KeptImage[]> {
    const kept = await this.runtime.listImages();
    const used = await this.mounts.mountedImages();
    for (const uid of this.table.pods()) for (const { imageId } of this.table.of(uid)) used.add(imageId);
    const before = new Map(this.#seen);
    this.#seen.clear();
    for (const { id } of kept) {
      const { firstSeen = now, lastUsed = 0 } = before.get(id) ?? {};
      this.#seen.set(id, { firstSeen, lastUsed: used.has(id) ? now : lastUsed });
    }
    return kept.map(({ id, sizeBytes }) => ({
      id,
      sizeBytes,
      ...(this.#seen.get(id) ?? { firstSeen: now, lastUsed: 0 }),
    }));
  }

  /** Answers how many bytes that gave back. */
  async #remove({ images, wantedBytes }: Garbage): Promise<number> {
    let freed = 0;
    for (const { id, sizeBytes } of images) {
      if (freed >= wantedBytes) break;
      try {
        await this.runtime.removeImage(id);
        freed += sizeBytes;
        this.logger.info({ image: id, sizeBytes }, 'an image that nobody uses is removed: its disk is full');
      } catch (error) {
        this.logger.warn({ err: error, image: id }, 'could not remove an image');
      }
    }
    return freed;
  }

  #tellOfTooLittle(wantedBytes: number, freed: number): void {
    const attempt = `Attempted to free ${wantedBytes} bytes, but only found ${freed} bytes eligible to free.`;
    this.notes.sayOfNode(
      'Warning',
      'FreeDiskSpaceFailed',
      `Failed to garbage collect required amount of images. ${attempt}`,
    );
  }
}

/** Undefined for a folder of another machine's. */
async function spaceOf(folder: string): Promise<DiskSpace | undefined> {
  if (folder === '') return undefined;
  const space = await statfs(folder).catch(() => undefined);
  return space && { capacityBytes: space.blocks * space.bsize, availableBytes: space.bavail * space.bsize };
}
