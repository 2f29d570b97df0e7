import { RCODE } from './query';
import { keepingOf, type TimeToLive } from './wire';

/** Nothing is kept for longer, in seconds, whatever its server says. */
const LONGEST_SECONDS = 30;
/** A word that there is nothing, for less: what is made should be seen soon. */
const LONGEST_NEGATIVE_SECONDS = 5;
const TC = 0x0200;
const ENTRY_BYTES = 300;

interface Entry {
  readonly message: Buffer;
  readonly ttls: readonly TimeToLive[];
  readonly keptAt: number;
  readonly until: number;
  readonly bytes: number;
}

/** Answers of other servers, for as long as those allow, within so many bytes; the least recently used go first. Times in milliseconds. */
export class AnswerCache {
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  constructor(private readonly mostBytes: number) {}

  /** The answer that was kept, with what is left of its time, for the question with this id; undefined when there is none. */
  get(key: string, id: number, now: number): Buffer | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    if (now >= entry.until) {
      this.#bytes -= entry.bytes;
      return undefined;
    }
    this.#entries.set(key, entry);
    const message = Buffer.from(entry.message);
    const age = Math.floor((now - entry.keptAt) / 1_000);
    message.writeUInt16BE(id, 0);
    for (const { offset, seconds } of entry.ttls) message.writeUInt32BE(Math.max(0, seconds - age), offset);
    return message;
  }

  /** Failures, and what was cut off, are asked for anew. */
  keep(key: string, message: Buffer, now: number): void {
    const seconds = secondsOf(message);
    if (seconds === undefined || seconds.seconds <= 0) return;
    const bytes = message.length + 2 * key.length + ENTRY_BYTES;
    const before = this.#entries.get(key);
    if (before !== undefined) this.#drop(key, before);
    this.#entries.set(key, { message, ttls: seconds.ttls, keptAt: now, until: now + seconds.seconds * 1_000, bytes });
    this.#bytes += bytes;
    for (const [oldest, entry] of this.#entries) {
      if (this.#bytes <= this.mostBytes) return;
      this.#drop(oldest, entry);
    }
  }

  #drop(key: string, entry: Entry): void {
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
  }
}

function secondsOf(message: Buffer): { readonly seconds: number; readonly ttls: readonly TimeToLive[] } | undefined {
  const keeping = keepingOf(message);
  if (keeping === undefined) return undefined;
  const flags = message.readUInt16BE(2);
  const rcode = flags & 0xf;
  if ((flags & TC) !== 0 || (rcode !== RCODE.ok && rcode !== RCODE.noName)) return undefined;
  const { ttls, negativeSeconds } = keeping;
  const hasAnswer = message.readUInt16BE(6) > 0;
  if (!hasAnswer || rcode === RCODE.noName) {
    return { ttls, seconds: Math.min(LONGEST_NEGATIVE_SECONDS, negativeSeconds ?? 0) };
  }
  return { ttls, seconds: ttls.reduce((least, { seconds }) => Math.min(least, seconds), LONGEST_SECONDS) };
}
