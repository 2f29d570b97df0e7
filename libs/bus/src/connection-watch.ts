import type { NatsConnection, Status } from 'nats';
import type { ErrorSink } from './listen';

/** `lost`: what is sent or told meanwhile may be gone. `back`: subscriptions are in place again. `ping`: at each of nats.js' pings. */
interface Happenings {
  lost: () => void;
  back: () => void;
  /** With how many pings before this one are still without an answer. */
  ping: (unanswered: number) => void;
}

const watches = new WeakMap<NatsConnection, ConnectionWatch>();
const watchedAs = new WeakMap<NatsConnection, NatsConnection>();

/** What happens to the one connection happens to the other, which goes over it. */
export function beWatchedAs(connection: NatsConnection, under: NatsConnection): void {
  watchedAs.set(connection, under);
}

/** The one watch of a connection; its listeners' errors go to the sink of who asked for it first. */
export function watchOf(given: NatsConnection, onError: ErrorSink): ConnectionWatch {
  const connection = watchedAs.get(given) ?? given;
  let watch = watches.get(connection);
  if (watch === undefined) watches.set(connection, (watch = new ConnectionWatch(connection, onError)));
  return watch;
}

/** What happens to a connection: one reader of nats.js' status tells all who must know. */
export class ConnectionWatch {
  readonly #listeners: { [H in keyof Happenings]: Set<Happenings[H]> } = {
    lost: new Set(),
    back: new Set(),
    ping: new Set(),
  };
  #isUp = true;

  constructor(
    connection: NatsConnection,
    private readonly onError: ErrorSink,
  ) {
    this.#read(connection.status()).catch((error: unknown) => onError(error, 'connection'));
    // Closed from here, a connection's status says nothing more, nor does it end.
    void connection.closed().then(() => this.#close());
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Returns what ends it. */
  on<H extends keyof Happenings>(event: H, listener: Happenings[H]): () => void {
    this.#listeners[event].add(listener);
    return () => this.#listeners[event].delete(listener);
  }

  /** Now, or once the connection is there again. */
  whenUp(work: () => void): void {
    if (this.#isUp) return work();
    const off = this.on('back', () => {
      off();
      work();
    });
  }

  async #read(statuses: AsyncIterable<Status>): Promise<void> {
    for await (const { type, data } of statuses) this.#take(String(type), data);
  }

  /** For good. */
  #close(): void {
    this.#take('disconnect', '');
    this.#listeners.back.clear();
  }

  #take(type: string, data: unknown): void {
    switch (type) {
      case 'disconnect':
        this.#isUp = false;
        return this.#tell('lost', (listener) => listener());
      case 'reconnect':
        this.#isUp = true;
        return this.#tell('back', (listener) => listener());
      case 'pingTimer':
        return this.#tell('ping', (listener) => listener(Number(data) - 1));
    }
  }

  #tell<H extends keyof Happenings>(event: H, tell: (listener: Happenings[H]) => void): void {
    for (const listener of [...this.#listeners[event]]) {
      try {
        tell(listener);
      } catch (error) {
        this.onError(error, 'connection');
      }
    }
  }
}
