import { setImmediate as turn } from 'node:timers/promises';
import type { Bus } from '@shiplog/bus';
import { hashObjects } from '@shiplog/cluster';
import { Head, RESOURCES, type StoredObject } from '@shiplog/contracts';
import type { Logger } from 'pino';
import { hashesOf } from '../queries/hashes';
import type { Heads } from '../writer/heads';
import type { Writer } from '../writer/writer';

const EVERY_MS = 1_000;
/** When nothing changed, for those who have just come. */
const IDLE_MS = 10_000;
const HASH_EVERY_MS = 5_000;
/** Objects hashed in one go: a few milliseconds. */
const SLICE = 200;

/**
 * Tells where the log is, so that a reader that missed the tail of a channel notices; and what the state hashes to, so
 * that it can prove its own. Goes out after the events it speaks of, on the same connection.
 */
export class HeadSignals {
  #timer: NodeJS.Timeout | undefined;
  #sentAt = 0;
  #sentPosition = -1;
  #hashedAt = 0;
  #hashedPosition = -1;
  #busy = false;

  constructor(
    private readonly bus: Bus,
    private readonly writer: Pick<Writer, 'state' | 'position'>,
    private readonly heads: Heads,
    private readonly logger: Logger,
  ) {}

  /** The first one goes out at once: a new journal's readers may have missed what its predecessor did not publish. */
  start(): void {
    this.#timer = setInterval(() => this.#tick(), EVERY_MS);
    this.#send();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const now = performance.now();
    const { position } = this.writer;
    const isIdle = position === this.#sentPosition;
    if (isIdle && now - this.#sentAt < IDLE_MS && position === this.#hashedPosition) return;
    if (position === this.#hashedPosition || now - this.#hashedAt < HASH_EVERY_MS) {
      if (!isIdle || now - this.#sentAt >= IDLE_MS) this.#send();
    } else if (!this.#busy) {
      this.#hashAndSend().catch((error: unknown) => this.logger.error({ err: error }, 'the state could not be hashed'));
    }
  }

  #send(hashes?: Record<string, string>): void {
    const { position } = this.writer;
    this.bus.tell(Head, { position, channels: this.heads.all(), hashes });
    this.#sentAt = performance.now();
    this.#sentPosition = position;
  }

  /** Digests are remembered by object: after slices have made most of them, the rest and the sum take one turn. */
  async #hashAndSend(): Promise<void> {
    this.#busy = true;
    try {
      const before = this.writer.state.copy();
      for (const { id } of RESOURCES)
        for (const slice of slices(before.values(id))) {
          hashObjects(slice);
          await turn();
        }
      this.#hashedAt = performance.now();
      this.#hashedPosition = this.writer.position;
      this.#send(hashesOf(this.writer.state));
    } finally {
      this.#busy = false;
    }
  }
}

function* slices(objects: Iterable<StoredObject>): Generator<StoredObject[]> {
  let slice: StoredObject[] = [];
  for (const object of objects) {
    slice.push(object);
    if (slice.length < SLICE) continue;
    yield slice;
    slice = [];
  }
  if (slice.length > 0) yield slice;
}
