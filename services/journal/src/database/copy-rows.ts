import type { ClientBase } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { Interned } from './interned';

/** A signature, flags and the length of an extension that there never was. */
const HEADER_BYTES = 19;
/** In the place of a row's number of fields, after the last one. */
const END = -1;

/**
 * What a SELECT finds, row by row as it arrives, by binary COPY: Postgres escapes nothing and formats no number, and a field that
 * isn't read costs nothing here.
 * @param read reads the fields of one row, in their order; it may leave out the last ones
 */
export async function* copyRows<T>(
  client: ClientBase,
  select: string,
  read: (row: RowReader) => T,
): AsyncGenerator<T[]> {
  const stream = client.query(copyTo(`copy (${select}) to stdout (format binary)`));
  const row = new RowReader();
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    row.add(chunk);
    const rows: T[] = [];
    while (row.next()) rows.push(read(row));
    if (rows.length > 0) yield rows;
  }
}

/** Goes through the rows of a binary COPY whose bytes come in any pieces. No field may be null. */
export class RowReader {
  readonly #interned = new Interned();
  #bytes: Buffer = Buffer.alloc(0);
  /** Where the next field of this row begins. */
  #at = 0;
  /** Where the next row begins. */
  #next = HEADER_BYTES;

  add(chunk: Buffer): void {
    const rest = this.#bytes.subarray(this.#next);
    this.#next = Math.max(0, this.#next - this.#bytes.length);
    this.#bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
  }

  /** Goes on to the next row; false when it isn't there, or not all of it. */
  next(): boolean {
    const bytes = this.#bytes;
    const from = this.#next;
    if (from + 2 > bytes.length) return false;
    const fields = bytes.readInt16BE(from);
    if (fields === END) return false;
    let at = from + 2;
    for (let i = 0; i < fields; i++) {
      if (at + 4 > bytes.length) return false;
      at += 4 + bytes.readInt32BE(at);
    }
    if (at > bytes.length) return false;
    this.#at = from + 2;
    this.#next = at;
    return true;
  }

  /** A smallint. */
  small(): number {
    return this.#bytes.readInt16BE(this.#begin());
  }

  /** A bigint that is a safe integer. */
  big(): number {
    const at = this.#begin();
    return this.#bytes.readInt32BE(at) * 0x1_0000_0000 + this.#bytes.readUInt32BE(at + 4);
  }

  /** A text of which there is a new one in most rows. */
  text(): string {
    return this.#bytes.toString('utf8', this.#begin(), this.#at);
  }

  /** A text that many rows have. */
  common(): string {
    return this.#interned.text(this.#bytes, this.#begin(), this.#at);
  }

  /** The bytes of a text, a character each: see `decoded`. */
  encoded(): string {
    return this.#bytes.toString('latin1', this.#begin(), this.#at);
  }

  /** Goes behind a field; returns where it begins. */
  #begin(): number {
    const at = this.#at + 4;
    this.#at = at + this.#bytes.readInt32BE(this.#at);
    return at;
  }
}

/** The text of `encoded`. */
export function decoded(encoded: string): string {
  return Buffer.from(encoded, 'latin1').toString('utf8');
}
