import { type CustomTransportStrategy, Server } from '@nestjs/microservices';
import type { MsgHdrs, Subscription } from 'nats';
import { lastValueFrom, isObservable } from 'rxjs';
import type { Bus } from './bus';
import { statusOfError } from './errors';
import { fromBytes, toBytes } from './json';

/** A message as a batch handler gets it. */
export interface BusMessage {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly headers: MsgHdrs | undefined;
  /** Throws a SyntaxError when the payload isn't JSON. */
  json<T>(): T;
  /** Nothing happens when the sender doesn't wait for a reply. */
  respond(payload: unknown): void;
}

/** Extras of a `@MessagePattern` / `@EventPattern`. */
export interface PatternExtras {
  /** The handler gets all messages of one read from the socket at once, and responds to each itself. */
  batch?: boolean;
  /** Only one member of the group gets each message. */
  queue?: string;
}

type Handler = ((data: unknown, context?: unknown) => Promise<unknown>) & { extras?: PatternExtras };

/**
 * Nest's handlers on this bus: a pattern is a subject. Nest's own NATS transporter subscribes once a call on the
 * asking side and has no batches; the hot path needs both otherwise.
 */
export class NatsTransport extends Server implements CustomTransportStrategy {
  readonly #subscriptions: Subscription[] = [];

  constructor(
    private readonly bus: Bus,
    private readonly onError: (error: unknown, where: string) => void,
  ) {
    super();
  }

  listen(callback: () => void): void {
    for (const [subject, handler] of this.messageHandlers) this.#subscribe(subject, handler as unknown as Handler);
    callback();
  }

  close(): void {
    for (const subscription of this.#subscriptions.splice(0)) subscription.unsubscribe();
  }

  on(): void {
    throw new Error('the bus has no transport events: listen to bus.connection.status()');
  }

  unwrap<T>(): T {
    return this.bus.connection as T;
  }

  #subscribe(subject: string, handler: Handler): void {
    const { batch = false, queue } = handler.extras ?? {};
    const deliver = batch
      ? this.#inBatches(subject, handler)
      : (message: BusMessage) => void this.#one(handler, message);
    this.#subscriptions.push(
      this.bus.connection.subscribe(subject, {
        queue,
        callback: (error, message) => {
          if (error !== null) return this.onError(error, subject);
          deliver({
            subject: message.subject,
            data: message.data,
            get headers() {
              return message.headers;
            },
            json: <T>() => fromBytes<T>(message.data),
            respond: (payload) => void message.respond(toBytes(payload)),
          });
        },
      }),
    );
  }

  /** The client parses one read of the socket in one go, so a microtask later all its messages are here. */
  #inBatches(subject: string, handler: Handler): (message: BusMessage) => void {
    let batch: BusMessage[] = [];
    return (message) => {
      if (batch.push(message) > 1) return;
      queueMicrotask(() => {
        const messages = batch;
        batch = [];
        settle(handler(messages)).catch((error: unknown) => this.onError(error, subject));
      });
    };
  }

  async #one(handler: Handler, message: BusMessage): Promise<void> {
    try {
      const answer = await settle(handler(message.json(), message)).catch((error: unknown) => ({
        failed: statusOfError(error),
      }));
      message.respond(answer ?? {});
    } catch (error) {
      this.onError(error, message.subject);
      message.respond({ failed: { ...statusOfError(error), reason: 'BadRequest', code: 400 } });
    }
  }
}

/** Nest hands out promises of observables of what the handler returned. */
async function settle(result: unknown): Promise<unknown> {
  const value = await result;
  return isObservable(value) ? lastValueFrom(value, { defaultValue: undefined }) : value;
}
