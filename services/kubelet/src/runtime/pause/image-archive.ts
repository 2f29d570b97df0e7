import { createHash } from 'node:crypto';

const BLOCK = 512;
const EPOCH = '1970-01-01T00:00:00Z';

/** An image as `docker load` takes it. */
export interface LoadableImage {
  /** `sha256:…`: depends on the bytes alone, so it is the same on every node of an architecture. */
  readonly id: string;
  readonly archive: Buffer;
}

export interface ImageContents {
  readonly tag: string;
  /** As Go names it. */
  readonly architecture: string;
  readonly files: readonly TarEntry[];
  /** The image's own configuration: Entrypoint, Cmd, Env, User … */
  readonly config: object;
}

/** An image of one layer, built by hand: no engine is needed for it, and equal contents make equal bytes. */
export function imageArchive({ tag, architecture, files, config }: ImageContents): LoadableImage {
  const layer = tar(files);
  const description = Buffer.from(
    JSON.stringify({
      architecture,
      os: 'linux',
      created: EPOCH,
      config,
      rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(layer)}`] },
      history: [{ created: EPOCH, created_by: 'shiplog' }],
    }),
  );
  const name = `${sha256(description)}.json`;
  const manifest = [{ Config: name, RepoTags: [tag], Layers: ['layer.tar'] }];
  const archive = tar([
    { name: 'manifest.json', mode: 0o644, content: Buffer.from(JSON.stringify(manifest)) },
    { name, mode: 0o644, content: description },
    { name: 'layer.tar', mode: 0o644, content: layer },
  ]);
  return { id: `sha256:${sha256(description)}`, archive };
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export interface TarEntry {
  name: string;
  mode: number;
  content: Buffer;
}

/** A POSIX ustar archive of plain files owned by root, without times, so equal content makes equal bytes. */
export function tar(entries: readonly TarEntry[]): Buffer {
  const parts = entries.flatMap(({ name, mode, content }) => [
    tarHeader(name, mode, content.length),
    content,
    Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK),
  ]);
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

function tarHeader(name: string, mode: number, size: number): Buffer {
  const header = Buffer.alloc(BLOCK);
  const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, '0')}\0`;
  header.write(name, 0, 100);
  header.write(octal(mode, 8), 100);
  header.write(octal(0, 8), 108);
  header.write(octal(0, 8), 116);
  header.write(octal(size, 12), 124);
  header.write(octal(0, 12), 136);
  header.write('        ', 148);
  header.write('0', 156);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}
