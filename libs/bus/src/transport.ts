import { type CustomTransportStrategy, Server } from '@nestjs/microservices';
import { statusOfError, MESSAGES, messageId, subjectsHeard, type KubeStatus, type Message } from '@shiplog/contracts';
import type { Subscription } from 'nats';
import { isObservable, lastValueFrom } from 'rxjs';
import type { Bus } from './bus';
import type { HandlerOptions } from './handlers';
import { answerWithDuplex, type AcceptableStream } from './duplex';
import { listen } from './listen';
import { BusMessage, readPayload } from './message';
import { answerWithStream, type StreamSink } from './streams';

/** A message of a batch: what it asks for, as declared, and how it is answered. */
export interface Received {
  readonly declaration: Message;
  readonly payload: unknown;
  readonly message: BusMessage;
}

/** What a handler of a streamed message gets beside the payload, as `@Ctx()`. */
export class StreamContext {
  constructor(
    readonly message: BusMessage,
    readonly sink: StreamSink,
  ) {}
}

/** The same for a stream both ways. */
export class DuplexContext {
  constructor(
    readonly message: BusMessage,
    readonly stream: AcceptableStream,
  ) {}
}

type Handler = ((data: unknown, context?: unknown) => Promise<unknown>) & {
  extras?: HandlerOptions;
  isEventHandler?: boolean;
};

export interface TransportOptions {
  /** Whether each message that this role answers must have its handler when the transport begins to listen. */
  readonly complete?: boolean;
}

/**
 * Nest's handlers on this bus: a pattern names a declaration, which says on which subject it comes, and what it must
 * look like. A message that is not so is answered with 400 and reaches no handler. Nest's own NATS transporter
 * subscribes once a call on the asking side and has no batches; the hot path needs both otherwise.
 */
export class NatsTransport extends Server implements CustomTransportStrategy {
  readonly #always: Subscription[] = [];
  readonly #whileLeading: Subscription[] = [];
  readonly #batches = new Map<object, (received: Received) => void>();

  constructor(
    private readonly bus: Bus,
    private readonly options: TransportOptions = {},
  ) {
    super();
  }

  override addHandler(...[pattern, callback, isEvent, extras]: Parameters<Server['addHandler']>): void {
    if (isEvent !== true && this.messageHandlers.has(String(pattern))) {
      throw new Error(`${String(pattern)} has two handlers; there must be one`);
    }
    super.addHandler(pattern, callback, isEvent, extras);
  }

  listen(callback: () => void): void {
    const problems = handlerProblems(this.bus, this.messageHandlers, this.options.complete ?? true);
    if (problems.length > 0) throw new Error(problems.join('; '));
    this.#serve((handler) => handler.extras?.whileLeading !== true, this.#always);
    callback();
  }

  /** Serves what only the leading instance may answer. */
  activate(): void {
    if (this.#whileLeading.length === 0)
      this.#serve((handler) => handler.extras?.whileLeading === true, this.#whileLeading);
  }

  /** Ends what `activate` began; messages that have arrived are still handled. */
  deactivate(): void {
    for (const subscription of this.#whileLeading.splice(0)) subscription.unsubscribe();
  }

  close(): void {
    this.deactivate();
    for (const subscription of this.#always.splice(0)) subscription.unsubscribe();
  }

  on(): void {
    throw new Error('the bus has no transport events: listen to bus.connection.status()');
  }

  unwrap<T>(): T {
    return this.bus.connection as T;
  }

  #serve(chosen: (handler: Handler) => boolean, subscriptions: Subscription[]): void {
    const { connection, identity, onError } = this.bus;
    for (const declaration of MESSAGES) {
      const handler = this.messageHandlers.get(messageId(declaration)) as Handler | undefined;
      if (handler === undefined || !chosen(handler)) continue;
      const deliver = this.#deliverTo(declaration, handler);
      for (const subject of subjectsHeard(declaration, identity)) {
        const options = { onError, queue: handler.extras?.queue };
        subscriptions.push(listen(connection, subject, options, (raw) => this.#receive(declaration, raw, deliver)));
      }
    }
  }

  #receive(
    declaration: Message,
    raw: ConstructorParameters<typeof BusMessage>[0],
    deliver: (received: Received) => void,
  ): void {
    // What a process is asked as such it answers for itself, and not for the log.
    const message = new BusMessage(raw, declaration.kind === 'process' ? undefined : this.bus.voice);
    const read = readPayload(declaration, message);
    if (read.ok) return deliver({ declaration, payload: read.payload, message });
    if (message.reply === undefined) throw new Error(read.problem);
    message.respond(failureOf(declaration, badRequest(read.problem)));
  }

  #deliverTo(declaration: Message, handler: Handler): (received: Received) => void {
    const { extras = {} } = handler;
    if (extras.batch === true) return this.#inBatches(extras, handler);
    if ('duplex' in declaration && declaration.duplex === true)
      return (received) => void this.#duplex(handler, received);
    if ('streamed' in declaration && declaration.streamed) return (received) => void this.#stream(handler, received);
    return (received) => void this.#answer(handler, received);
  }

  /** The client parses one read of the socket in one go, so a microtask later all its messages are here. */
  #inBatches(key: object, handler: Handler): (received: Received) => void {
    const known = this.#batches.get(key);
    if (known !== undefined) return known;
    let batch: Received[] = [];
    const deliver = (received: Received): void => {
      if (batch.push(received) > 1) return;
      queueMicrotask(() => {
        const all = batch;
        batch = [];
        settle(() => handler(all)).catch((error: unknown) => this.bus.onError(error, received.message.subject));
      });
    };
    this.#batches.set(key, deliver);
    return deliver;
  }

  async #answer(handler: Handler, { declaration, payload, message }: Received): Promise<void> {
    try {
      const answer = await settle(() => handler(payload, message)).catch((error: unknown) => {
        if (message.reply === undefined) throw error;
        return failureOf(declaration, statusOfError(error));
      });
      message.respond(answer ?? {});
    } catch (error) {
      this.bus.onError(error, message.subject);
    }
  }

  async #stream(handler: Handler, { payload, message }: Received): Promise<void> {
    try {
      await answerWithStream(this.bus, message, async (sink) => {
        await settle(() => handler(payload, new StreamContext(message, sink)));
      });
    } catch (error) {
      this.bus.onError(error, message.subject);
    }
  }

  async #duplex(handler: Handler, { payload, message }: Received): Promise<void> {
    try {
      await answerWithDuplex(this.bus, message, async (stream) => {
        await settle(() => handler(payload, new DuplexContext(message, stream)));
      });
    } catch (error) {
      this.bus.onError(error, message.subject);
    }
  }
}

/** What is wrong with the handlers of a role: each message that it answers has one, and it has no other. */
function handlerProblems(bus: Bus, handlers: ReadonlyMap<string, unknown>, complete: boolean): string[] {
  const { role } = bus.identity;
  const own = MESSAGES.filter((message) =>
    message.kind === 'signal' ? message.heardBy.includes(role) : message.answeredBy.includes(role),
  );
  const mayHave = new Set(own.map(messageId));
  const mustHave = own.filter((message) => !('byLibrary' in message && message.byLibrary === true)).map(messageId);
  return [
    ...[...handlers.keys()].filter((id) => !mayHave.has(id)).map((id) => `${id} is not declared to come to ${role}`),
    ...(complete ? mustHave.filter((id) => !handlers.has(id)).map((id) => `${role} has no handler for ${id}`) : []),
  ];
}

/** Every kind of message is told the same, each in the form of its answers. */
function failureOf(declaration: Message, status: KubeStatus): object {
  return declaration.kind === 'command' ? { ok: false, status } : { failed: status };
}

function badRequest(message: string): KubeStatus {
  return { ...statusOfError(new Error(message)), reason: 'BadRequest', code: 400 };
}

/** Nest hands out promises of observables of what the handler returned; what a handler throws at once is a rejection too. */
async function settle(work: () => Promise<unknown>): Promise<unknown> {
  const value = await work();
  return isObservable(value) ? lastValueFrom(value, { defaultValue: undefined }) : value;
}
