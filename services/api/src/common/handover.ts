import type { Duplex } from 'node:stream';

/** What a client's connection is handed over to, by an answer that switches protocols (101). */
export interface Handover {
  readonly connection: Duplex;
  /** What came behind the answer already. */
  readonly head: Buffer;
  /** Of the answer, names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
}
