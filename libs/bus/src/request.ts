import { backOffMs } from '@shiplog/wait';
import { RequestStrategy, type Msg, type NatsConnection, type QueuedIterator } from 'nats';
import { watchOf } from './connection-watch';
import { BusUnavailable } from './errors';

/**
 * A question that nobody answers is asked again after this long, since an answer may have died with the one who owed it,
 * and after twice as long each time: one that is large, of somebody who has too much to do, must not come every second.
 * The first time is within the second that a takeover may take: the question may have gone to who had just died.
 */
const UNANSWERED = { firstMs: 700, longestMs: 8_000 };
/** Where nobody listens nobody has too much to do. */
const UNHEARD = { firstMs: 20, longestMs: 500 };

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
  const ask = async (timeout: number): Promise<Msg> =>
    believed(await connection.request(subject, payload, { timeout }), believes);
  return new Promise((resolve, reject) => {
    new Asking(connection, subject, deadline, ask, resolve, reject).ask();
  });
}

/**
 * The same for what is answered in several messages: each is handed to `take`, whichever repetition it answers, until
 * that says that nothing is missing.
 */
export async function gatherUntil(
  connection: NatsConnection,
  subject: string,
  payload: Uint8Array,
  deadline: number,
  take: (message: Msg) => boolean,
  believes: (answer: Msg) => boolean = () => true,
): Promise<void> {
  const open: QueuedIterator<Msg>[] = [];
  const ask = async (maxWait: number): Promise<void> => {
    const answers = await connection.requestMany(subject, payload, { strategy: RequestStrategy.Timer, maxWait });
    open.push(answers as QueuedIterator<Msg>);
    for await (const message of answers) if (take(believed(message, believes))) return;
    throw new Error('no answer');
  };
  try {
    await new Promise<void>((resolve, reject) => {
      new Asking(connection, subject, deadline, ask, resolve, reject).ask();
    });
  } finally {
    for (const answers of open) answers.stop();
  }
}

function believed(answer: Msg, believes: (answer: Msg) => boolean): Msg {
  if (!believes(answer)) throw new Error('a journal answered that is not the active one any more');
  return answer;
}

class Asking<T> {
  readonly #started = Date.now();
  /** Times that it had to be asked again, and attempts that failed. */
  #repetitions = 0;
  #failures = 0;
  #next: NodeJS.Timeout | undefined;
  #unwatch: (() => void) | undefined;
  /** Repetitions that somebody may be at work on. */
  #open = 0;
  #last = 'nobody listens';
  #settled = false;

  constructor(
    private readonly connection: NatsConnection,
    private readonly subject: string,
    private readonly deadline: number,
    private readonly request: (timeout: number) => Promise<T>,
    private readonly resolve: (answer: T) => void,
    private readonly reject: (error: unknown) => void,
  ) {}

  ask(): void {
    const left = this.deadline - Date.now();
    if (left <= 0) return this.#giveUp();
    this.#askAgainIn(backOffMs(this.#repetitions + 1, UNANSWERED), () => this.#repeat());
    this.#open++;
    void this.#request(left);
  }

  /** Who had to be asked twice is also asked when the connection is back: it may have eaten the question or the answer. */
  #repeat(): void {
    this.#repetitions++;
    this.#unwatch ??= watchOf(this.connection, () => undefined).on('back', () => this.ask());
    this.ask();
  }

  async #request(timeout: number): Promise<void> {
    try {
      const answer = await this.request(timeout);
      this.#settle(() => this.resolve(answer));
    } catch (error) {
      this.#open--;
      if (isPermanent(error)) return this.#settle(() => this.reject(error));
      this.#last = describe(error);
      if (this.#settled || this.#open > 0) return;
      this.#askAgainIn(backOffMs(++this.#failures, UNHEARD), () => this.ask());
    }
  }

  #askAgainIn(milliseconds: number, ask: () => void): void {
    clearTimeout(this.#next);
    this.#next = setTimeout(ask, Math.min(milliseconds, Math.max(0, this.deadline - Date.now())));
  }

  #giveUp(): void {
    const last = this.#open > 0 ? 'no answer' : this.#last;
    this.#settle(() => this.reject(new BusUnavailable(this.subject, Date.now() - this.#started, last)));
  }

  #settle(end: () => void): void {
    if (this.#settled) return;
    this.#settled = true;
    clearTimeout(this.#next);
    this.#unwatch?.();
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
