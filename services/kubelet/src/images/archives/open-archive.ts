import { createReadStream, createWriteStream } from 'node:fs';
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { tar } from '../../runtime/pause/image-archive';
import { type ArchivedImage, BadArchive, dockerManifest, imagesOf } from './domain/image-manifest';
import { TarIndex } from './tar-index';

/** A file of images, opened. */
export interface OpenArchive {
  readonly images: readonly ArchivedImage[];
  /** Bytes of what is loaded. */
  readonly size: number;
  /** What `docker load` takes, also of an OCI archive, which engines before Docker 25 don't know. */
  stream(): Readable;
}

const GZIP = [0x1f, 0x8b];

/**
 * Opens a file as `docker save` or a builder of OCI images writes it, compressed or not, while `use` looks at it.
 * @param place where a compressed file is unpacked meanwhile
 * @param architecture as Go names it
 * @throws BadArchive for what holds no images
 */
export async function withArchive<T>(
  path: string,
  { place, architecture }: { place: string; architecture: string },
  use: (archive: OpenArchive) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(place, 'archive-'));
  try {
    const plain = (await isCompressed(path)) ? await unpacked(path, join(folder, 'plain.tar')) : path;
    const file = await open(plain);
    try {
      return await use(await archiveOf(file, plain, architecture));
    } finally {
      await file.close();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function archiveOf(file: FileHandle, path: string, architecture: string): Promise<OpenArchive> {
  const index = await TarIndex.read(file);
  const own = await index.json('manifest.json');
  const { size } = await file.stat();
  if (own !== undefined) return { images: imagesOf(own), size, stream: () => createReadStream(path) };
  const layout = await index.json('index.json');
  if (layout === undefined) throw new BadArchive('it holds no images: neither manifest.json nor index.json is in it');
  const manifest = await dockerManifest(layout, architecture, (name) => index.json(name));
  const appendix = tar([{ name: 'manifest.json', mode: 0o644, content: Buffer.from(JSON.stringify(manifest)) }]);
  const stream = async function* (): AsyncGenerator<Buffer> {
    yield* createReadStream(path, { end: index.end - 1 }) as AsyncIterable<Buffer>;
    yield appendix;
  };
  return { images: imagesOf(manifest), size: index.end, stream: () => Readable.from(stream()) };
}

async function isCompressed(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(GZIP.length), 0, GZIP.length, 0);
    return bytesRead === GZIP.length && GZIP.every((byte, at) => buffer[at] === byte);
  } finally {
    await file.close();
  }
}

async function unpacked(path: string, to: string): Promise<string> {
  try {
    await pipeline(createReadStream(path), createGunzip(), createWriteStream(to, { mode: 0o600 }));
  } catch (error) {
    throw new BadArchive(`it can't be unpacked: ${error instanceof Error ? error.message : String(error)}`);
  }
  return to;
}
