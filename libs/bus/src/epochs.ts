import type { Msg } from 'nats';
import { headerValues, numberIn, writtenHeaders, type WrittenHeaders } from './headers';

/** Of every answer of the journal: the epoch of its term. */
const EPOCH = 'shiplog-epoch';
/**
 * An epoch that nobody has spoken for during this long is given up, in milliseconds: a log that was put back from a
 * backup may count from a lower one, and its readers must not wait for ever. Far longer than a lease.
 */
const FORGET_MS = 60_000;

/** The epoch of a term, and whether its journal may still speak in it. */
export interface HeldEpoch {
  readonly epoch: number;
  /** False from the moment its lease may have passed to another. */
  holds(): boolean;
}

/** The right to speak for the log: of one journal, in one term. */
export class Voice {
  readonly epoch: number;
  /** For every answer. */
  readonly headers: WrittenHeaders;

  constructor(private readonly held: HeldEpoch) {
    this.epoch = held.epoch;
    const bytes = Buffer.from(`NATS/1.0\r\n${EPOCH}: ${held.epoch}\r\n\r\n`, 'latin1');
    this.headers = writtenHeaders(bytes);
  }

  /** Past it nothing is said any more: what a deposed journal knows may be old. */
  holds(): boolean {
    return this.held.holds();
  }
}

/**
 * The latest epoch that a process has heard of. What was said in a lower one is a deposed journal's word, and ignored:
 * it may be of before what the new one has acknowledged.
 */
export class Epochs {
  #latest = 0;
  #heardAt = 0;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** 0 while none was heard of. */
  get latest(): number {
    return this.#latest;
  }

  /** Whether to believe what is said in an epoch; undefined: whoever says it speaks for no log. */
  believes(epoch: number | undefined): boolean {
    if (epoch === undefined) return true;
    if (epoch < this.#latest && this.now() - this.#heardAt < FORGET_MS) return false;
    this.#latest = epoch;
    this.#heardAt = this.now();
    return true;
  }

  /** Whether to believe an answer. */
  believesAnswer(message: Pick<Msg, 'headers'>): boolean {
    const values = headerValues(message);
    return values === undefined || this.believes(numberIn(values, EPOCH));
  }
}
