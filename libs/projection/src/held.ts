import type { Logger } from 'pino';
import type { ReceivedPart } from './reassembly';

/** A part of a commit; or the journal's word on where it is, which counts in its place among the commits. */
export type Arrived = ReceivedPart | { readonly compare: () => void };

/** What is held at most, in bytes of messages; more than that is fetched again. */
const MOST_BYTES = 64 * 1024 * 1024;

/** Arrivals that wait while state or missed events are fetched. */
export class Held {
  #arrived: Arrived[] = [];
  #bytes = 0;
  #lost = false;

  constructor(private readonly mostBytes = MOST_BYTES) {}

  get count(): number {
    return this.#arrived.length;
  }

  /** Whether some were let go, or never came: then what was fetched is not all. */
  get lost(): boolean {
    return this.#lost;
  }

  add(arrived: Arrived, bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.mostBytes) return this.lose();
    this.#arrived.push(arrived);
  }

  /** Lets everything go. */
  lose(): void {
    this.#lost = true;
    this.#arrived = [];
    this.#bytes = 0;
  }

  /** In the order of arrival; nothing is held any more, and nothing was lost. */
  take(): Arrived[] {
    const arrived = this.#arrived;
    this.#arrived = [];
    this.#bytes = 0;
    this.#lost = false;
    return arrived;
  }
}

/** Of what is let go because the journal was asked after it came: events that are not part of the answer never were. */
export function tellUnconfirmed(arrived: Arrived, logger: Pick<Logger, 'warn'>): void {
  if (!('cursor' in arrived)) return;
  const { cursor, part } = arrived;
  const position = part.events.at(-1)?.position ?? 0;
  if (position <= cursor.last) return;
  logger.warn({ channel: cursor.name, position }, 'events that the journal does not confirm; dropped');
}
