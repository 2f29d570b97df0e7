import type { Static, TSchema } from '@sinclair/typebox';
import type { Role } from './principal';

/** What every declaration says. Who may send, and who answers (or hears), become the NATS permissions of each role. */
interface Declared {
  readonly name: string;
  /** One line of documentation, for people and for asyncapi.yaml. */
  readonly summary: string;
  readonly from: readonly Role[];
}

/** A change that is asked for: `shiplog.v1.command.as.<kind>.<name>.<Type>`, answered by the journal. */
export interface CommandMessage<N extends string = string, D extends TSchema = TSchema> extends Declared {
  readonly kind: 'command';
  readonly name: N;
  /** Of the command's `data`. */
  readonly data: D;
  /** Of the whole message: the envelope around `data`. */
  readonly payload: TSchema;
  readonly reply: TSchema;
  readonly answeredBy: readonly Role[];
}

/** A question to the journal: `shiplog.v1.query.as.<kind>.<name>.<query>`. */
export interface QueryMessage<
  N extends string = string,
  A extends TSchema = TSchema,
  R extends TSchema = TSchema,
> extends Declared {
  readonly kind: 'query';
  readonly name: N;
  readonly payload: A;
  readonly reply: R;
  readonly answeredBy: readonly Role[];
  /** The answer comes in chunks, as a stream. */
  readonly streamed: boolean;
}

/** What is heard by who listens and kept by nobody: `shiplog.v1.signal.<name>.<kind>.<name>`. */
export interface SignalMessage<N extends string = string, P extends TSchema = TSchema> extends Declared {
  readonly kind: 'signal';
  readonly name: N;
  readonly payload: P;
  readonly heardBy: readonly Role[];
  /** Heard by a library on behalf of the service, which then has no handler of its own for it. */
  readonly byLibrary?: boolean;
}

/** What only one node can do, or has to know: `shiplog.v1.node.<node>.<name>`. */
export interface NodeRequestMessage<
  N extends string = string,
  A extends TSchema = TSchema,
  R extends TSchema = TSchema,
> extends Declared {
  readonly kind: 'node';
  readonly name: N;
  readonly payload: A;
  readonly reply: R;
  readonly answeredBy: readonly Role[];
  readonly streamed: boolean;
  /** It opens a stream of bytes both ways, on channels. It is streamed, too. */
  readonly duplex?: boolean;
  /** Heard by a library on behalf of the service, as of a signal. */
  readonly byLibrary?: boolean;
}

/** What a process is asked as such, whatever service it is: `shiplog.v1.<name>…`. */
export interface ProcessRequestMessage<
  N extends string = string,
  A extends TSchema = TSchema,
  R extends TSchema = TSchema,
> extends Declared {
  readonly kind: 'process';
  readonly name: N;
  /** Subject after the root, with `{service}`, `{scope}`, `{instance}` … for what is filled in. */
  readonly address: string;
  readonly payload: A;
  readonly reply: R;
  readonly answeredBy: readonly Role[];
  /** Who listens by a library's hand, where that isn't a handler of the service (and answers, where it wants to). */
  readonly heardBy?: readonly Role[];
}

/** Any declaration. */
export type Message = CommandMessage | QueryMessage | SignalMessage | NodeRequestMessage | ProcessRequestMessage;

/** What is sent with a message, and what it is answered with. */
export type PayloadOf<M extends { readonly payload: TSchema }> = Static<M['payload']>;
export type ReplyOf<M extends { readonly reply: TSchema }> = Static<M['reply']>;

/** Declares a question that the journal answers; with `streamed`, in chunks. */
export function query<const N extends string, A extends TSchema, R extends TSchema>(
  name: N,
  options: Omit<QueryMessage<N, A, R>, 'kind' | 'name' | 'answeredBy' | 'streamed'> & { streamed?: boolean },
): QueryMessage<N, A, R> {
  return { kind: 'query', name, answeredBy: ['journal'], streamed: false, ...options };
}

/** Declares a signal; its senders are told apart by their subjects. */
export function signal<const N extends string, P extends TSchema>(
  name: N,
  options: Omit<SignalMessage<N, P>, 'kind' | 'name'>,
): SignalMessage<N, P> {
  return { kind: 'signal', name, ...options };
}

/** Declares what one node's agent answers. */
export function nodeRequest<const N extends string, A extends TSchema, R extends TSchema>(
  name: N,
  options: Omit<NodeRequestMessage<N, A, R>, 'kind' | 'name' | 'streamed'> & { streamed?: boolean },
): NodeRequestMessage<N, A, R> {
  return { kind: 'node', name, streamed: false, ...options };
}

/** Declares what a process is asked, by an address of its own. */
export function processRequest<const N extends string, A extends TSchema, R extends TSchema>(
  name: N,
  options: Omit<ProcessRequestMessage<N, A, R>, 'kind' | 'name'>,
): ProcessRequestMessage<N, A, R> {
  return { kind: 'process', name, ...options };
}

/** Identifies a declaration among all: what a handler is registered under. */
export function messageId(message: Pick<Message, 'kind' | 'name'>): string {
  return `${message.kind}.${message.name}`;
}
