import { randomBytes } from 'node:crypto';
import { addressOf, subjects, type Identity, type KubeStatus } from '@shiplog/contracts';
import { headers, type Msg, type NatsConnection, type Subscription } from 'nats';
import { BusUnavailable, StatusError, statusOfError } from './errors';
import { fromBytes, toBytes } from './json';
import { listen, type ErrorSink } from './listen';
import type { BusMessage } from './message';

/**
 * A long answer in pieces, over plain NATS. The server sends chunks to a subject that only the client hears, each naming
 * a control subject that only the server hears; the client acknowledges there, and the server stops while a window is
 * unacknowledged: so neither side nor the NATS server buffers without bound. Silence is told from absence by pings.
 * Streams have subjects of their own, with names that can't be guessed, instead of a reply's: leave to answer a question
 * is forgotten when the NATS server reads its configuration again.
 */
const KIND = 'shiplog-stream';
type Kind = 'data' | 'end' | 'error' | 'ping';
type Control = { received: number } | { cancel: true };

/** Chunks under way before the server waits for an acknowledgement; the client sends one every quarter of it. */
const WINDOW = 64;
const ACK_EVERY = WINDOW / 4;
/** Bytes in a chunk at most: far below NATS' default max_payload of 1 MiB. */
const CHUNK_BYTES = 128 * 1024;
const PING_MS = 10_000;
const SILENCE_MS = 35_000;

/** What the handler of a streamed message writes to. */
export interface StreamSink {
  /** Resolves once the client keeps up; rejects when it went away. Large chunks are split. */
  write(chunk: Uint8Array): Promise<void>;
  /** Aborts when the client cancels, goes silent, or the server stops. */
  readonly signal: AbortSignal;
}

/** One end of a connection, for both ends of a stream. */
export interface StreamEnd {
  readonly connection: NatsConnection;
  readonly identity: Identity;
  readonly onError: ErrorSink;
}

function newStreamId(): string {
  return randomBytes(16).toString('hex');
}

/** Answers one request with a stream. An error thrown by the handler reaches the client as a Status. */
export async function answerWithStream(
  end: StreamEnd,
  message: BusMessage,
  handler: (sink: StreamSink) => Promise<void>,
): Promise<void> {
  const { reply } = message;
  if (reply === undefined) return;
  const sink = new Sink(end, reply);
  try {
    await handler(sink);
    sink.finish('end', new Uint8Array());
  } catch (error) {
    sink.finish('error', toBytes(statusOfError(error)));
  }
}

function isControl(value: unknown): value is Control {
  if (typeof value !== 'object' || value === null) return false;
  if ('cancel' in value) return value.cancel === true;
  return 'received' in value && Number.isSafeInteger(value.received) && (value.received as number) >= 0;
}

class Sink implements StreamSink {
  readonly #abort = new AbortController();
  readonly #control: string;
  readonly #subscription: Subscription;
  readonly #pings: NodeJS.Timeout;
  readonly #connection: NatsConnection;
  #sent = 0;
  #received = 0;
  #lastHeard = Date.now();
  #wake: (() => void) | undefined;

  constructor(
    { connection, identity, onError }: StreamEnd,
    private readonly to: string,
  ) {
    this.#connection = connection;
    this.#control = subjects.streamControl(addressOf(identity), newStreamId());
    // Nobody listens where the chunks go: the reader is gone.
    const options = { onError, onNobody: () => this.#stop() };
    this.#subscription = listen(connection, this.#control, options, (message) => this.#hear(message));
    this.#pings = setInterval(() => this.#ping(), PING_MS);
    this.#pings.unref();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  async write(chunk: Uint8Array): Promise<void> {
    for (let from = 0; from < chunk.length; from += CHUNK_BYTES) {
      while (this.#sent - this.#received >= WINDOW && !this.signal.aborted) {
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
      if (this.signal.aborted) throw new Error('the reader of the stream went away');
      this.#sent++;
      this.#publish('data', chunk.subarray(from, from + CHUNK_BYTES));
    }
  }

  finish(kind: Kind, payload: Uint8Array): void {
    clearInterval(this.#pings);
    this.#subscription.unsubscribe();
    if (!this.#connection.isClosed() && !this.signal.aborted) this.#publish(kind, payload);
  }

  #hear(message: Msg): void {
    const control = fromBytes<unknown>(message.data);
    if (!isControl(control)) throw new Error(`no control of a stream: ${message.string().slice(0, 100)}`);
    this.#lastHeard = Date.now();
    if ('cancel' in control) this.#stop();
    else this.#received = Math.max(this.#received, Math.min(control.received, this.#sent));
    this.#wake?.();
  }

  #ping(): void {
    if (Date.now() - this.#lastHeard > SILENCE_MS) this.#stop();
    else if (!this.#connection.isClosed()) this.#publish('ping', new Uint8Array());
  }

  #stop(): void {
    this.#abort.abort();
    this.#wake?.();
  }

  #publish(kind: Kind, payload: Uint8Array): void {
    const h = headers();
    h.set(KIND, kind);
    this.#connection.publish(this.to, payload, { reply: this.#control, headers: h });
  }
}

/** The chunks of a streamed answer. Throws StatusError for the server's failure, BusUnavailable when it is silent. */
export async function* openStream(
  { connection, identity }: Pick<StreamEnd, 'connection' | 'identity'>,
  subject: string,
  request: unknown,
  options: { signal?: AbortSignal } = {},
): AsyncIterable<Uint8Array> {
  const own = subjects.stream(addressOf(identity), newStreamId());
  const subscription = connection.subscribe(own);
  const stop = (): void => subscription.unsubscribe();
  options.signal?.addEventListener('abort', stop, { once: true });
  let lastHeard = Date.now();
  const watchdog = setInterval(() => {
    if (Date.now() - lastHeard > SILENCE_MS) stop();
  }, PING_MS);
  let control: string | undefined;
  let received = 0;
  let ended = false;
  try {
    connection.publish(subject, toBytes(request), { reply: own });
    for await (const message of subscription) {
      lastHeard = Date.now();
      if (message.headers?.code === 503) throw new BusUnavailable(subject, 0, 'nobody listens');
      control = message.reply;
      const kind = message.headers?.get(KIND) as Kind | undefined;
      if (kind === undefined) throw refusalOf(message);
      if (kind === 'error') throw new StatusError(fromBytes<KubeStatus>(message.data));
      ended = kind === 'end';
      if (ended) return;
      if (kind === 'data') yield message.data;
      if (kind === 'ping' || ++received % ACK_EVERY === 0) acknowledge(connection, control, { received });
    }
    if (options.signal?.aborted !== true) throw new BusUnavailable(subject, SILENCE_MS, 'the stream went silent');
  } finally {
    clearInterval(watchdog);
    options.signal?.removeEventListener('abort', stop);
    stop();
    if (!ended) acknowledge(connection, control, { cancel: true });
  }
}

/** A request that never became a stream is answered as any other: with a failure. */
function refusalOf(message: Msg): Error {
  const answer = fromBytes<{ failed?: KubeStatus } | undefined>(message.data);
  return answer?.failed === undefined ? new Error('the answer is not a stream') : new StatusError(answer.failed);
}

function acknowledge(connection: NatsConnection, control: string | undefined, what: Control): void {
  if (control !== undefined && control !== '' && !connection.isClosed()) connection.publish(control, toBytes(what));
}
