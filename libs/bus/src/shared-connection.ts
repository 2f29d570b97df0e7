import { inboxOf, type Identity } from '@shiplog/contracts';
import { ErrorCode, NatsError, nuid, type Msg, type NatsConnection, type Payload, type Subscription } from 'nats';
import { Bus } from './bus';
import { beWatchedAs } from './connection-watch';
import { listen, type ErrorSink } from './listen';

/**
 * One of several identities that speak over one connection: each asks, and is answered, as itself. The server must let the
 * connection say and hear what all of them may. The bus is closed without the connection.
 */
export function busOver(connection: NatsConnection, identity: Identity, onError: ErrorSink): Bus {
  const own = new SharedConnection(connection, inboxOf(identity), onError);
  beWatchedAs(own.handle, connection);
  return new Bus(own.handle, identity, onError);
}

/** What comes for one question. */
type Taking = (answer: Msg | NatsError) => void;

/**
 * A connection as one of its identities has it, as far as Shiplog uses nats.js: answers come to an inbox of its own, since nobody
 * answers a question that would have another one answered.
 */
class SharedConnection {
  readonly #asking = new Map<string, Taking>();
  #inbox: Subscription | undefined;
  #isClosed = false;

  constructor(
    private readonly connection: NatsConnection,
    private readonly prefix: string,
    private readonly onError: ErrorSink,
  ) {}

  /** What libs see of it. */
  get handle(): NatsConnection {
    return this as unknown as NatsConnection;
  }

  get info(): NatsConnection['info'] {
    return this.connection.info;
  }

  publish(...args: Parameters<NatsConnection['publish']>): void {
    this.connection.publish(...args);
  }

  subscribe(...args: Parameters<NatsConnection['subscribe']>): Subscription {
    return this.connection.subscribe(...args);
  }

  request(subject: string, payload: Payload, { timeout }: { timeout: number }): Promise<Msg> {
    return new Promise((resolve, reject) => {
      const end = this.#ask(subject, payload, (answer) => {
        clearTimeout(timer);
        end();
        if (answer instanceof NatsError) reject(answer);
        else resolve(answer);
      });
      const timer = setTimeout(() => {
        end();
        reject(new NatsError('no answer', ErrorCode.Timeout));
      }, timeout);
    });
  }

  /** Every answer that comes in time, however many. */
  async requestMany(subject: string, payload: Payload, { maxWait = 1_000 }: { maxWait?: number }): Promise<Answers> {
    const answers = new Answers();
    const end = this.#ask(subject, payload, (answer) => answers.take(answer));
    const timer = setTimeout(() => answers.stop(), maxWait);
    answers.onEnd = () => {
      clearTimeout(timer);
      end();
    };
    return Promise.resolve(answers);
  }

  isClosed(): boolean {
    return this.#isClosed || this.connection.isClosed();
  }

  /** What was said goes out by itself: the connection stays. */
  async drain(): Promise<void> {
    this.#isClosed = true;
    this.#inbox?.unsubscribe();
    await Promise.resolve();
  }

  /** Returns what forgets the question. */
  #ask(subject: string, payload: Payload, take: Taking): () => void {
    if (this.isClosed()) throw new NatsError('connection closed', ErrorCode.ConnectionClosed);
    this.#inbox ??= this.#listen();
    const reply = `${this.prefix}.${nuid.next()}`;
    this.#asking.set(reply, take);
    this.connection.publish(subject, payload, { reply });
    return () => void this.#asking.delete(reply);
  }

  #listen(): Subscription {
    const { connection, onError, prefix } = this;
    const take = ({ subject }: Msg, answer: Msg | NatsError): void => this.#asking.get(subject)?.(answer);
    const onNobody = (message: Msg): void => take(message, new NatsError('nobody listens', ErrorCode.NoResponders));
    return listen(connection, `${prefix}.*`, { onError, onNobody }, (message) => take(message, message));
  }
}

/** Answers as they come, until `stop`: as nats.js' QueuedIterator is used. */
class Answers implements AsyncIterable<Msg> {
  onEnd: () => void = () => undefined;
  readonly #come: Msg[] = [];
  #failure: NatsError | undefined;
  #isOver = false;
  #wake: () => void = () => undefined;

  take(answer: Msg | NatsError): void {
    if (answer instanceof NatsError) {
      this.#failure = answer;
      return this.stop();
    }
    this.#come.push(answer);
    this.#wake();
  }

  stop(): void {
    this.#isOver = true;
    this.onEnd();
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Msg> {
    for (;;) {
      const next = this.#come.shift();
      if (next !== undefined) yield next;
      else if (this.#failure !== undefined) throw this.#failure;
      else if (this.#isOver) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
