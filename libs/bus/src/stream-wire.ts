import { randomBytes } from 'node:crypto';
import type { Identity } from '@shiplog/contracts';
import type { Msg, NatsConnection } from 'nats';
import { headerValues, numberIn, writtenHeaders, type WrittenHeaders } from './headers';
import type { ErrorSink } from './listen';

/**
 * A long answer in pieces, over plain NATS. The writer sends chunks to a subject that only the reader hears, each naming
 * a control subject that only the writer hears; the reader acknowledges there, and the writer stops while a window is
 * unacknowledged: so neither side nor the NATS server buffers without bound. Streams have subjects of their own, with names
 * that can't be guessed, instead of a reply's: leave to answer a question is forgotten when the NATS server reads its
 * configuration again.
 *
 * Nothing is lost in silence: chunks are numbered, and what ends a stream, or only shows that its writer lives, carries
 * the number of the last. Each side names its own subject as where to answer, so that NATS says to it (503) when nobody
 * listens at the other. A side that loses its connection ends the stream, and says so once it is connected again.
 */
const KIND = 'shiplog-stream';
const NUMBER = 'shiplog-chunk';
/** `open`: of a stream both ways, that the other side has taken it. */
export type ChunkKind = 'data' | 'end' | 'error' | 'broken' | 'ping' | 'open';
/** `received`: the number of the last chunk that the reader took. */
export type Control = { readonly received: number } | { readonly cancel: true };

/** How a stream is carried. */
export interface Pace {
  /** Chunks under way before the writer waits for an acknowledgement; the reader sends one every quarter of it. */
  readonly window: number;
  /** Bytes in a chunk at most. */
  readonly chunkBytes: number;
  /**
   * How often each side looks whether the other is there, in milliseconds: one that went without a word is missed after
   * this long at most. Looks are counted, not time: a process that stood still has not listened meanwhile.
   */
  readonly lookMs: number;
  /** Looks without a word from the other side, which NATS believes to be there: 10 seconds. */
  readonly silentLooks: number;
  /** Looks without a first word after which it is asked for again: the question may have been lost. */
  readonly askAgainAt: readonly number[];
}

/** Of a long answer. Its chunks are far below NATS' default max_payload of 1 MiB. */
export const ONE_WAY: Pace = {
  window: 64,
  chunkBytes: 128 * 1024,
  lookMs: 2_000,
  silentLooks: 5,
  askAgainAt: [0, 2],
};

/**
 * Of a session: many are open at once, so each holds less (2 MiB each way at most), and ends sooner when its other side
 * is gone. Asked for once: whatever it begins must not begin twice.
 */
export const BOTH_WAYS: Pace = {
  window: 64,
  // What kubectl and the engine send at once, behind the number of its channel: a byte less would make two of each.
  chunkBytes: 32 * 1024 + 1,
  lookMs: 1_250,
  silentLooks: 8,
  askAgainAt: [],
};

/** One end of a connection, for both ends of a stream. */
export interface StreamEnd {
  readonly connection: NatsConnection;
  readonly identity: Identity;
  readonly onError: ErrorSink;
}

export function newStreamId(): string {
  return randomBytes(16).toString('hex');
}

export function chunkHeaders(kind: ChunkKind, number: number): WrittenHeaders {
  return writtenHeaders(Buffer.from(`NATS/1.0\r\n${KIND}: ${kind}\r\n${NUMBER}: ${number}\r\n\r\n`, 'latin1'));
}

/** What a message is to its stream; undefined for what is no part of one. */
export function chunkOf(message: Pick<Msg, 'headers'>): { kind: ChunkKind; number: number } | undefined {
  const values = headerValues(message);
  const kind = values?.get(KIND) as ChunkKind | undefined;
  return values === undefined || kind === undefined ? undefined : { kind, number: numberIn(values, NUMBER) ?? NaN };
}

/** What is wrong with a chunk that comes after `received` others, when the reader has let the writer send up to `allowed`. */
export function problemWith(
  { kind, number }: { readonly kind: ChunkKind; readonly number: number },
  received: number,
  allowed: number,
): string | undefined {
  const expected = kind === 'data' ? received + 1 : received;
  if (number > expected || Number.isNaN(number)) return `chunk ${received + 1} is missing`;
  if (number < expected && kind !== 'ping') return `chunk ${number} came again`;
  return number > allowed ? `chunk ${number} came before it was asked for` : undefined;
}

export function isControl(value: unknown): value is Control {
  if (typeof value !== 'object' || value === null) return false;
  if ('cancel' in value) return value.cancel === true;
  return 'received' in value && Number.isSafeInteger(value.received) && (value.received as number) >= 0;
}
