import type { Msg, NatsConnection } from 'nats';
import { BusUnavailable } from './errors';

/** A question that nobody answers is asked again after this long: an answer may have died with the one who owed it. */
const ASK_AGAIN_MS = 1_000;
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 500;

/**
 * A request that is repeated until it is answered or the deadline (epoch milliseconds) has passed; so the other side
 * must take a repetition for what it is: commands carry ids, queries change nothing. An answer to any of the
 * repetitions will do: one that takes long is not lost because it was asked for again. One that is not believed is none.
 */
export function requestUntil(
  connection: NatsConnection,
  subject: string,
  payload: Uint8Array,
  deadline: number,
  believes: (answer: Msg) => boolean = () => true,
): Promise<Msg> {
  return new Promise((resolve, reject) => {
    new Asking(connection, subject, payload, deadline, believes, resolve, reject).ask();
  });
}

class Asking {
  readonly #started = Date.now();
  #pause = FIRST_PAUSE_MS;
  #next: NodeJS.Timeout | undefined;
  /** Repetitions that somebody may be at work on. */
  #open = 0;
  #last = 'nobody listens';
  #settled = false;

  constructor(
    private readonly connection: NatsConnection,
    private readonly subject: string,
    private readonly payload: Uint8Array,
    private readonly deadline: number,
    private readonly believes: (answer: Msg) => boolean,
    private readonly resolve: (message: Msg) => void,
    private readonly reject: (error: unknown) => void,
  ) {}

  ask(): void {
    const left = this.deadline - Date.now();
    if (left <= 0) return this.#giveUp();
    this.#askAgainIn(ASK_AGAIN_MS);
    this.#open++;
    void this.#request(left);
  }

  async #request(timeout: number): Promise<void> {
    try {
      const message = await this.connection.request(this.subject, this.payload, { timeout });
      if (!this.believes(message)) throw new Error('a journal answered that is not the active one any more');
      this.#settle(() => this.resolve(message));
    } catch (error) {
      this.#open--;
      if (isPermanent(error)) return this.#settle(() => this.reject(error));
      this.#last = describe(error);
      if (this.#settled || this.#open > 0) return;
      this.#askAgainIn(this.#pause);
      this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE_MS);
    }
  }

  #askAgainIn(milliseconds: number): void {
    clearTimeout(this.#next);
    this.#next = setTimeout(() => this.ask(), Math.min(milliseconds, Math.max(0, this.deadline - Date.now())));
  }

  #giveUp(): void {
    const last = this.#open > 0 ? 'no answer' : this.#last;
    this.#settle(() => this.reject(new BusUnavailable(this.subject, Date.now() - this.#started, last)));
  }

  #settle(end: () => void): void {
    if (this.#settled) return;
    this.#settled = true;
    clearTimeout(this.#next);
    end();
  }
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

function describe(error: unknown): string {
  switch (codeOf(error)) {
    case '503':
      return 'nobody listens';
    case 'TIMEOUT':
      return 'no answer';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

/** A repetition can't help: too large, or the connection was closed for good. */
function isPermanent(error: unknown): boolean {
  return [
    'MAX_PAYLOAD_EXCEEDED',
    'CONNECTION_CLOSED',
    'CONNECTION_DRAINING',
    'BAD_SUBJECT',
    'PERMISSIONS_VIOLATION',
  ].includes(codeOf(error));
}
