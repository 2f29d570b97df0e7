import { BackOff, pause } from '@shiplog/wait';
import { secondsOf, type TokenDemand } from './token-query';

const BACK_OFF = { firstMs: 250, longestMs: 30_000 };
/** A token is replaced when it has had four fifths of its time, or a day; pods of one node not all at once. */
const SHARE = 0.8;
const DAY_MS = 24 * 3_600_000;
const SPREAD_MS = 10_000;

interface Options {
  readonly demand: TokenDemand;
  readonly ask: () => Promise<string>;
  /** Each token but the first. */
  readonly renewed: () => void;
  /** Each failure; `isFirst` where the pod waits for its first token and did not hear of one yet. */
  readonly failed: (error: unknown, isFirst: boolean) => void;
}

/** One token of one pod: asked for at once, and again in time, until it is closed. */
export class PodToken {
  #token: string | undefined;
  #answer: () => void = () => undefined;
  /** Resolves at the first token. */
  readonly answered = new Promise<void>((resolve) => (this.#answer = resolve));
  readonly #closing = new AbortController();

  constructor(private readonly options: Options) {
    void this.#keep();
  }

  /** Undefined until the first answer. */
  get token(): string | undefined {
    return this.#token;
  }

  close(): void {
    this.#closing.abort();
  }

  async #keep(): Promise<void> {
    const { signal } = this.#closing;
    const backOff = new BackOff(BACK_OFF);
    while (!signal.aborted) {
      try {
        const token = await this.options.ask();
        backOff.succeeded();
        this.#take(token);
        await pause(this.#untilNext(), signal);
      } catch (error) {
        this.options.failed(error, this.#token === undefined && backOff.failures === 0);
        await pause(backOff.failed(), signal);
      }
    }
  }

  #take(token: string): void {
    const isFirst = this.#token === undefined;
    this.#token = token;
    this.#answer();
    if (!isFirst && !this.#closing.signal.aborted) this.options.renewed();
  }

  #untilNext(): number {
    const lifetime = secondsOf(this.options.demand) * 1_000;
    return Math.min(SHARE * lifetime, DAY_MS) - Math.random() * SPREAD_MS;
  }
}
