import type { FileHandle } from 'node:fs/promises';
import { BadArchive } from './domain/image-manifest';

const BLOCK = 512;
/** An image has a few files for each of its layers. */
const MOST_ENTRIES = 100_000;
/** Bytes that text in an archive may have. */
const LARGEST_TEXT = 4 * 1024 * 1024;

/** Where a file of an archive has its bytes. */
interface Entry {
  readonly offset: number;
  readonly size: number;
}

/** The files of a tar archive (POSIX.1-1988, ustar): found by their headers alone, so that gigabytes take no time. */
export class TarIndex {
  private constructor(
    private readonly file: FileHandle,
    private readonly entries: ReadonlyMap<string, Entry>,
    /** Where another file could be appended. */
    readonly end: number,
  ) {}

  /** @throws BadArchive for what is no tar archive, or ends in its middle */
  static async read(file: FileHandle): Promise<TarIndex> {
    const { size: length } = await file.stat();
    const entries = new Map<string, Entry>();
    const header = Buffer.alloc(BLOCK);
    let at = 0;
    for (; at + BLOCK <= length;) {
      await file.read(header, 0, BLOCK, at);
      if (header.every((byte) => byte === 0)) return new TarIndex(file, entries, at);
      const size = sizeIn(header);
      const offset = at + BLOCK;
      if (offset + size > length) throw new BadArchive('it ends in the middle of a file: it is not whole');
      entries.set(nameIn(header), { offset, size });
      if (entries.size > MOST_ENTRIES) throw new BadArchive(`it has more than ${MOST_ENTRIES} files`);
      at = offset + Math.ceil(size / BLOCK) * BLOCK;
    }
    throw new BadArchive(at === 0 ? 'it is no tar archive' : 'it has no end: it is not whole');
  }

  /** A file as JSON; undefined when there is none of this name. Throws BadArchive for what is no JSON, or too long. */
  async json(name: string): Promise<unknown> {
    const entry = this.entries.get(name) ?? this.entries.get(`./${name}`);
    if (entry === undefined) return undefined;
    if (entry.size > LARGEST_TEXT) throw new BadArchive(`${name} in it has ${entry.size} bytes`);
    const bytes = Buffer.alloc(entry.size);
    await this.file.read(bytes, 0, entry.size, entry.offset);
    try {
      return JSON.parse(bytes.toString('utf8'));
    } catch {
      throw new BadArchive(`${name} in it is no JSON`);
    }
  }
}

function nameIn(header: Buffer): string {
  const text = (from: number, length: number): string =>
    header.toString('utf8', from, from + length).replace(/\0[^]*$/, '');
  const isUstar = text(257, 5) === 'ustar';
  const prefix = isUstar ? text(345, 155) : '';
  return prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`;
}

/** Octal digits, or for large files a number of big-endian bytes behind a set bit. */
function sizeIn(header: Buffer): number {
  if (checksumOf(header) !== parseInt(header.toString('latin1', 148, 156), 8))
    throw new BadArchive('it is no tar archive');
  if ((header[124]! & 0x80) !== 0) return Number(header.readBigUInt64BE(128));
  return parseInt(header.toString('latin1', 124, 136).trim() || '0', 8);
}

/** The sum of all bytes, with its own eight taken for blanks. */
function checksumOf(header: Buffer): number {
  return header.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 0x20 : byte), 0);
}
