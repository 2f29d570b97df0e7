import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { CONFIG, LOGGER } from '@shiplog/service';
import { SyncLoop } from '@shiplog/wait';
import type { Logger } from 'pino';
import { messageOf } from '../../container/start-failure';
import { goArchitecture } from '../../runtime/pause/pause-image';
import { RuntimeError, type EngineFacts, type PodRuntime } from '../../runtime/runtime';
import type { KubeletConfig } from '../../settings';
import { Notes } from '../../status/notes';
import { POD_RUNTIME } from '../../tokens';
import { ImageStore } from '../image-store';
import { BadArchive, type ArchivedImage } from './domain/image-manifest';
import { type OpenArchive, withArchive } from './open-archive';

const LOOK_EVERY_MS = 5_000;
const BACK_OFF = { firstMs: LOOK_EVERY_MS, longestMs: 60_000 };
/** A file that was written to within this time may still be being copied. */
const SETTLED_MS = 2_000;
const TELL_EVERY_MS = 10_000;
const ARCHIVE = /\.(tar|tar\.gz|tgz)$/;
const MOST_FILES = 1_000;

/** A file as it was when it was looked at last, and what is in it; none where it is no archive. */
interface Known {
  readonly version: string;
  readonly images: readonly ArchivedImage[];
}

/** Loads images from the archives in a folder of the node: before a pod needs them, and when another archive comes. */
@Injectable()
export class ImageArchives implements OnApplicationShutdown {
  readonly #known = new Map<string, Known>();
  #architecture = '';
  #isStarted = false;
  #round: Promise<void> = Promise.resolve();
  readonly #loop = new SyncLoop({
    run: () => this.#next({ again: false }),
    backOff: BACK_OFF,
    onError: (error) =>
      this.logger.warn({ err: error, folder: this.config.imageDir }, 'could not look for image archives'),
  });

  constructor(
    @Inject(CONFIG) private readonly config: Pick<KubeletConfig, 'imageDir' | 'stateDir'>,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(POD_RUNTIME) private readonly runtime: PodRuntime,
    private readonly store: ImageStore,
    private readonly notes: Notes,
  ) {}

  /** Begins to look. What is missing in the engine is looked for in all archives from now on. */
  engineUp({ architecture }: Pick<EngineFacts, 'architecture'>): void {
    if (this.config.imageDir === '' || this.#isStarted) return;
    this.#isStarted = true;
    this.#architecture = goArchitecture(architecture);
    this.store.supplyMissing(() => this.provide());
    this.#loop.wake();
    this.#loop.wakeEvery(LOOK_EVERY_MS);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#loop.stop();
  }

  /** Sees to it that the engine has every image of every archive, also those that were removed from it since. */
  provide(): Promise<void> {
    return this.#next({ again: true });
  }

  /** One round after the other. */
  #next(options: { again: boolean }): Promise<void> {
    const next = this.#round.then(() => this.#look(Date.now(), options));
    this.#round = next.catch(() => undefined);
    return next;
  }

  async #look(now: number, { again }: { again: boolean }): Promise<void> {
    const { imageDir, stateDir } = this.config;
    for (const folder of [imageDir, stateDir]) await mkdir(folder, { recursive: true });
    const names = (await readdir(imageDir)).filter((name) => ARCHIVE.test(name)).sort();
    for (const name of names.slice(0, MOST_FILES)) {
      const found = await stat(join(imageDir, name)).catch(() => undefined);
      if (found === undefined || !found.isFile()) continue;
      const version = `${found.size} ${found.mtimeMs}`;
      const known = this.#known.get(name);
      if (known?.version === version && !(again && (await this.#lacks(known.images)))) continue;
      await this.#take(name, { version, isSettled: now - found.mtimeMs >= SETTLED_MS });
    }
  }

  /** What holds no images is told of once, until it is written anew; a file that is being copied, not before it is whole. */
  async #take(name: string, { version, isSettled }: { version: string; isSettled: boolean }): Promise<void> {
    const path = join(this.config.imageDir, name);
    const options = { place: this.config.stateDir, architecture: this.#architecture };
    try {
      const images = await withArchive(path, options, async (archive) => {
        if (await this.#lacks(archive.images)) await this.#load(path, archive);
        return archive.images;
      });
      this.#known.set(name, { version, images });
    } catch (error) {
      if (error instanceof RuntimeError && error.problem === 'unavailable') throw error;
      if (error instanceof BadArchive && !isSettled) return;
      this.#known.set(name, { version, images: [] });
      this.logger.error({ archive: path, err: error }, 'images could not be loaded from an archive');
      this.notes.sayOfNode('Warning', 'ImageArchiveFailed', `Failed to load images from ${path}: ${messageOf(error)}`);
    }
  }

  async #lacks(images: readonly ArchivedImage[]): Promise<boolean> {
    for (const { id, names } of images)
      for (const name of names) if ((await this.runtime.image(name))?.id !== id) return true;
    return false;
  }

  async #load(path: string, { images, size, stream }: OpenArchive): Promise<void> {
    const began = Date.now();
    const names = images.flatMap((image) => image.names);
    this.logger.info({ archive: path, images: names, bytes: size }, 'loading images from an archive');
    await this.runtime.load(Readable.from(this.#told(path, size, stream())));
    this.store.forget();
    this.logger.info({ archive: path, images: names, ms: Date.now() - began }, 'images loaded from an archive');
    this.notes.sayOfNode('Normal', 'ImageArchiveLoaded', `Loaded ${names.join(', ')} from ${path}`);
  }

  /** Tells how far it is, not too often. */
  async *#told(archive: string, size: number, stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let [read, last] = [0, Date.now()];
    for await (const chunk of stream) {
      yield chunk;
      read += chunk.length;
      if (Date.now() - last < TELL_EVERY_MS) continue;
      last = Date.now();
      this.logger.info({ archive, percent: Math.floor((100 * read) / size) }, 'loading images from an archive');
    }
  }
}
