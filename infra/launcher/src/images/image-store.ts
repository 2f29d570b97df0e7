import { createReadStream } from 'node:fs';
import type Docker from 'dockerode';
import type { Ctr } from '../engines/ctr';
import { finished } from './build-image';

/** Where a runtime keeps images. */
export interface ImageStore {
  /** The ID of an image; undefined when it is not there. */
  idOf(ref: string): Promise<string | undefined>;
  /** Puts in what is in a file that `docker save` wrote. */
  load(archive: string): Promise<void>;
  /** The engine whose store it is, if that can build images too. */
  readonly builder?: Docker;
}

export function dockerImages(engine: Docker): ImageStore {
  return {
    builder: engine,
    idOf: async (ref) => {
      try {
        return (await engine.getImage(ref).inspect()).Id;
      } catch (error) {
        if ((error as { statusCode?: number }).statusCode === 404) return undefined;
        throw error;
      }
    },
    load: async (archive) => finished(engine, await engine.loadImage(createReadStream(archive))),
  };
}

/** An image's ID is the digest of its configuration, to containerd as to Docker. */
export function containerdImages(ctr: Ctr): ImageStore {
  return {
    idOf: async (ref) => {
      const digest = digestIn(await ctr('images', 'list', `name==${fullName(ref)}`));
      if (digest === undefined) return undefined;
      const manifest = JSON.parse(await ctr('content', 'get', digest)) as { config?: { digest?: string } };
      return manifest.config?.digest;
    },
    load: async (archive) => void (await ctr('images', 'import', archive)),
  };
}

/** Of what `ctr images list` prints: a head, then name, type, digest … of each. */
function digestIn(printed: string): string | undefined {
  return printed.trim().split('\n')[1]?.split(/\s+/)[2];
}

/** The name of an image of Docker Hub, of which its people leave out what is usual. */
function fullName(ref: string): string {
  return ref.includes('/') ? `docker.io/${ref}` : `docker.io/library/${ref}`;
}
