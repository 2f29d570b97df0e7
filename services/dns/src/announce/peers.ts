import { encode } from 'dns-packet';
import { readQuery, isUnanswerable } from '../domain/query';
import type { UpstreamClient } from '../server/upstream-client';
import type { Place } from './objects';

/** Times in a row that an instance may leave a question without an answer: each takes the client's patience. */
const MOST_MISSES = 2;

/** Asks other instances what each of them knows, and tells which don't answer. */
export class Peers {
  readonly #misses = new Map<string, number>();
  readonly #message: Buffer;
  readonly #question: Buffer;

  constructor(
    private readonly client: Pick<UpstreamClient, 'ask'>,
    domain: string,
  ) {
    const name = `dns-version.${domain}`;
    this.#message = encode({ type: 'query', id: 0, questions: [{ name, type: 'TXT', class: 'IN' }] });
    const query = readQuery(this.#message);
    if (query === undefined || isUnanswerable(query)) throw new Error(`${domain} is no domain`);
    this.#question = query.question;
  }

  async look(places: readonly Place[]): Promise<void> {
    await Promise.all(places.map((place) => this.#ask(place)));
  }

  /** The slices of the instances that don't answer. */
  get silent(): ReadonlySet<string> {
    return new Set([...this.#misses].filter(([, misses]) => misses >= MOST_MISSES).map(([slice]) => slice));
  }

  /** An instance that says again that it answers is believed until it doesn't. */
  forget(slice: string): void {
    this.#misses.delete(slice);
  }

  async #ask({ slice, address, port }: Place): Promise<void> {
    try {
      await this.client.ask(this.#message, this.#question, [{ address, port }], 'udp');
      this.#misses.delete(slice);
    } catch {
      this.#misses.set(slice, (this.#misses.get(slice) ?? 0) + 1);
    }
  }
}
