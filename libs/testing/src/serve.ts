import {
  NatsTransport,
  type AcceptableStream,
  type Bus,
  type BusMessage,
  type DuplexContext,
  type StreamContext,
  type StreamSink,
} from '@shiplog/bus';
import { messageId, type Message, type PayloadOf } from '@shiplog/contracts';

/** A stand-in for a service: answers, or hears, one declared message as a handler of the service would. */
export async function serve<M extends Message>(
  bus: Bus,
  message: M,
  answer: (payload: PayloadOf<M>, context: BusMessage) => unknown,
): Promise<NatsTransport> {
  return listening(bus, message, async (payload, context) => {
    return await answer(payload as PayloadOf<M>, context as BusMessage);
  });
}

/** The same for a message that is answered with a stream. */
export async function serveStream<M extends Message>(
  bus: Bus,
  message: M,
  answer: (payload: PayloadOf<M>, sink: StreamSink) => Promise<void>,
): Promise<NatsTransport> {
  return listening(bus, message, async (payload, context) => {
    await answer(payload as PayloadOf<M>, (context as StreamContext).sink);
  });
}

/** The same for a message that is answered with a stream both ways. */
export async function serveDuplex<M extends Message>(
  bus: Bus,
  message: M,
  answer: (payload: PayloadOf<M>, stream: AcceptableStream) => Promise<void>,
): Promise<NatsTransport> {
  return listening(bus, message, async (payload, context) => {
    await answer(payload as PayloadOf<M>, (context as DuplexContext).stream);
  });
}

/** Resolves when the server knows of the subscription. */
async function listening(
  bus: Bus,
  message: Message,
  handler: (payload: unknown, context?: unknown) => Promise<unknown>,
): Promise<NatsTransport> {
  const transport = new NatsTransport(bus, { complete: false });
  transport.addHandler(messageId(message), handler, message.kind === 'signal');
  transport.listen(() => undefined);
  await bus.connection.flush();
  return transport;
}
