import { applyDecorators } from '@nestjs/common';
import { EventPattern, MessagePattern } from '@nestjs/microservices';
import {
  messageId,
  type CommandMessage,
  type NodeRequestMessage,
  type ProcessRequestMessage,
  type QueryMessage,
  type SignalMessage,
} from '@shiplog/contracts';

/** How a handler is served; extras of Nest's patterns. */
export interface HandlerOptions {
  /** The handler gets all messages of one read from the socket at once, as `Received[]`, and answers each itself. */
  readonly batch?: boolean;
  /** Only one member of the group gets each message. */
  readonly queue?: string;
  /** Served only between `activate()` and `deactivate()` of the transport: while this instance leads. */
  readonly whileLeading?: boolean;
}

/** Marks what handles commands: `@Command(CreateObject)`; one method may handle several. */
export function Command(
  messages: CommandMessage | readonly CommandMessage[],
  options?: HandlerOptions,
): MethodDecorator {
  return pattern([messages].flat(), options);
}

/** Marks what answers a question: `@Query(PositionQuery)`. A streamed one gets `(payload, message, sink)`. */
export function Query(message: QueryMessage, options?: HandlerOptions): MethodDecorator {
  return pattern([message], options);
}

/** Marks what only this node can do: `@NodeRequest(Attach)`. One both ways gets `(payload, context)` with its stream. */
export function NodeRequest(message: NodeRequestMessage, options?: HandlerOptions): MethodDecorator {
  return pattern([message], options);
}

/** Marks what any process is asked as such: `@ProcessRequest(Health)`. */
export function ProcessRequest(message: ProcessRequestMessage, options?: HandlerOptions): MethodDecorator {
  return pattern([message], options);
}

/** Marks what hears a signal: `@Signal(Note)`. */
export function Signal(message: SignalMessage): MethodDecorator {
  return EventPattern(messageId(message));
}

/** One object of extras for all patterns of a method: its messages are of one batch, in the order of their arrival. */
function pattern(messages: readonly Parameters<typeof messageId>[0][], options: HandlerOptions = {}): MethodDecorator {
  const extras = { ...options };
  return applyDecorators(MessagePattern(messages.map(messageId), extras));
}
