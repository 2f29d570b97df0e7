import {
  LATER_STREAM,
  subjects,
  type AnyCommand,
  type CommandReply,
  type KubeStatus,
  type Queries,
  type QueryName,
  type SignalName,
  type Signals,
  type StateChunk,
  type StateRequest,
} from '@shiplog/contracts';
import { connect, nuid, type NatsConnection, type Subscription } from 'nats';
import { commandBytes, Commander } from './commander';
import { StatusError, statusOfError } from './errors';
import { fromBytes, toBytes } from './json';
import { requestUntil } from './request';
import { openStream, serveStream, type StreamHandler } from './streams';

/** How long a command or question may go unanswered before the caller is told, in milliseconds. */
export const DEFAULT_TIMEOUT_MS = 10_000;

/** The state query answers in lines of JSON, however the stream cuts them. */
const NEWLINE = 0x0a;

/** A new id for a command: what makes a repeated one have one effect. */
export function newCommandId(): string {
  return nuid.next();
}

/** What went wrong where nobody awaits it; the bus hands it on instead of swallowing it. */
export type ErrorSink = (error: unknown, where: string) => void;

/** Everything that services say to one another: a thin, typed layer over one NATS connection. */
export class Bus {
  readonly #commander: Commander;

  constructor(
    readonly connection: NatsConnection,
    private readonly onError: ErrorSink,
  ) {
    this.#commander = new Commander(connection);
  }

  /**
   * Asks the journal to decide a command. Repeats it, with the same id, while nobody answers. Resolves with the
   * journal's answer also when that is a refusal; throws BusUnavailable after `timeoutMs`.
   */
  command(command: AnyCommand, options: { timeoutMs?: number } = {}): Promise<CommandReply> {
    return this.#commander.send(command, options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
  }

  /** Leaves a command in JetStream for the journal to decide; resolves when it is stored. */
  async commandLater(command: AnyCommand): Promise<void> {
    await this.connection.jetstream().publish(subjects.commandLater(command.type), commandBytes(command), {
      msgID: command.id,
      expect: { streamName: LATER_STREAM },
    });
  }

  /** Asks the journal. Throws StatusError when it can't answer (410 for a position not kept), BusUnavailable when it is away. */
  async query<N extends QueryName>(
    name: N,
    ask: Queries[N]['ask'],
    options: { timeoutMs?: number } = {},
  ): Promise<Queries[N]['answer']> {
    return this.request(subjects.query(name), ask, options);
  }

  /** The objects of channels, now or at a position, in chunks. */
  async *state(request: StateRequest): AsyncIterable<StateChunk> {
    let rest = Buffer.alloc(0);
    for await (const bytes of this.openStream(subjects.stateQuery, request)) {
      rest = Buffer.concat([rest, bytes]);
      const end = rest.lastIndexOf(NEWLINE);
      if (end < 0) continue;
      for (const line of rest.toString('utf8', 0, end).split('\n')) yield JSON.parse(line) as StateChunk;
      rest = rest.subarray(end + 1);
    }
  }

  /** A signal: heard by who listens now, kept by nobody. */
  signal<N extends SignalName>(name: N, source: string, payload: Signals[N]): void {
    if (!this.connection.isClosed()) this.connection.publish(subjects.signal(name, source), toBytes(payload));
  }

  onSignal<N extends SignalName>(name: N, source: string, handler: (payload: Signals[N]) => void): Subscription {
    const subject = subjects.signal(name, source);
    return this.connection.subscribe(subject, {
      callback: (error, message) => {
        if (error !== null) return this.onError(error, subject);
        try {
          handler(fromBytes<Signals[N]>(message.data));
        } catch (failure) {
          this.onError(failure, subject);
        }
      },
    });
  }

  openStream(subject: string, request: unknown, options: { signal?: AbortSignal } = {}): AsyncIterable<Uint8Array> {
    return openStream(this.connection, subject, request, options);
  }

  serveStream(subject: string, handler: StreamHandler): Subscription {
    return serveStream(this.connection, subject, handler);
  }

  /** JSON request and reply, repeated while nobody answers. Throws StatusError for the other side's failure. */
  async request<T>(subject: string, payload: unknown, options: { timeoutMs?: number } = {}): Promise<T> {
    const deadline = Date.now() + (options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    const message = await requestUntil(this.connection, subject, toBytes(payload), deadline);
    const answer = fromBytes<T | { failed: KubeStatus }>(message.data);
    if (typeof answer === 'object' && answer !== null && 'failed' in answer) throw new StatusError(answer.failed);
    return answer;
  }

  /** Answers `request`s. What the handler throws reaches the asker as a Status. */
  serve(subject: string, handler: (payload: unknown) => Promise<unknown>): Subscription {
    return this.connection.subscribe(subject, {
      callback: (error, message) => {
        if (error !== null) return this.onError(error, subject);
        void Promise.resolve()
          .then(() => handler(fromBytes(message.data)))
          .catch((failure: unknown) => ({ failed: statusOfError(failure) }))
          .then((answer) => message.respond(toBytes(answer ?? {})))
          .catch((failure: unknown) => this.onError(failure, subject));
      },
    });
  }

  /** Sends what is under way, then closes. */
  async close(): Promise<void> {
    if (!this.connection.isClosed()) await this.connection.drain();
  }
}

/** Connects, and stays connected: NATS may come late, go away and come back. */
export async function connectBus(options: { url: string; name: string; onError: ErrorSink }): Promise<Bus> {
  const connection = await connect({
    ...serverOf(options.url),
    name: options.name,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    reconnectJitter: 100,
    waitOnFirstConnect: true,
    pingInterval: 5_000,
    maxPingOut: 2,
    noEcho: false,
    // A stack trace kept for every request costs more than the request.
    noAsyncTraces: true,
    ...gatherWrites,
  });
  return new Bus(connection, options.onError);
}

/**
 * What is published in one go is handed to the socket in pieces of this size at most: nats.js' own 32 kB cut a
 * commit's events into many writes, each of which wakes the server. The option is not among its documented ones.
 */
const gatherWrites = { pendingLimit: 256 * 1024 };

/** nats.js takes credentials beside the address, users write them in the URL: `nats://user:password@host:4222`. */
function serverOf(url: string): { servers: string; user?: string; pass?: string; token?: string } {
  const parsed = new URL(url);
  const servers = `${parsed.hostname}:${parsed.port === '' ? '4222' : parsed.port}`;
  if (parsed.username === '') return { servers };
  const user = decodeURIComponent(parsed.username);
  if (parsed.password === '') return { servers, token: user };
  return { servers, user, pass: decodeURIComponent(parsed.password) };
}
