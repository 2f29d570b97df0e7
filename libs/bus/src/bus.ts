import {
  StatusError,
  inboxOf,
  LATER_STREAM,
  principalOf,
  StateQuery,
  subjects,
  type AnyCommand,
  type CommandReply,
  type Identity,
  type KubeStatus,
  type NodeRequestMessage,
  type PayloadOf,
  type Principal,
  type ProcessRequestMessage,
  type QueryMessage,
  type ReplyOf,
  type SignalMessage,
  type StateChunk,
  type StateRequest,
} from '@shiplog/contracts';
import { createInbox, nuid, type Msg, type NatsConnection, type Subscription } from 'nats';
import { commandBytes, Commander } from './commander';
import { connectNats, type ConnectOptions } from './connect';
import { Epochs, type Voice } from './epochs';
import { openDuplex, type DuplexStream } from './duplex';
import { endDeafness } from './hearing';
import { fromBytes, toBytes } from './json';
import { listen, type ErrorSink } from './listen';
import { BusMessage, readPayload } from './message';
import { requestUntil } from './request';
import { decodeState } from './state-wire';
import { openStream } from './streams';

/** How long a command or question may go unanswered before the caller is told, in milliseconds. */
export const DEFAULT_TIMEOUT_MS = 10_000;

/** A new id for a command: what makes a repeated one have one effect. */
export function newCommandId(): string {
  return nuid.next();
}

/** What is asked with an answer, in one message or streamed. */
type Question = QueryMessage | NodeRequestMessage | ProcessRequestMessage;
/** Of whom: the node of a node request, or what an address leaves open. */
export type Addressee<M> = M extends QueryMessage
  ? Record<string, never>
  : M extends NodeRequestMessage
    ? { node: string }
    : Readonly<Record<string, string>>;

export interface AskOptions {
  readonly timeoutMs?: number;
}

/** Everything that services say to one another: a thin, typed layer over one NATS connection. */
export class Bus {
  /** Who this process is to the others. */
  readonly principal: Principal;
  /** Whose word on the log is believed. */
  readonly epochs = new Epochs();
  /** How this process answers, while it is the active journal. */
  voice: Voice | undefined;
  readonly #believes = (answer: Msg): boolean => this.epochs.believesAnswer(answer);
  readonly #commander: Commander;

  constructor(
    readonly connection: NatsConnection,
    readonly identity: Identity,
    readonly onError: ErrorSink,
  ) {
    this.principal = principalOf(identity);
    this.#commander = new Commander(connection, this.principal, this.#believes);
  }

  /**
   * Asks the journal to decide a command. Repeats it, with the same id, while nobody answers. Resolves with the
   * journal's answer also when that is a refusal; throws BusUnavailable after `timeoutMs`.
   */
  command(command: AnyCommand, options: AskOptions = {}): Promise<CommandReply> {
    return this.#commander.send(command, options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
  }

  /** Leaves a command in JetStream for the journal to decide; resolves when it is stored. */
  async commandLater(command: AnyCommand): Promise<void> {
    const subject = subjects.commandLater(command.type, this.principal);
    const options = { msgID: command.id, expect: { streamName: LATER_STREAM } };
    await this.connection.jetstream().publish(subject, commandBytes(command), options);
  }

  /**
   * Asks what a declaration declares, repeatedly while nobody answers. Throws StatusError for the other side's failure
   * (410 for a position not kept), BusUnavailable when it is away.
   */
  async ask<M extends Question>(
    message: M,
    payload: PayloadOf<M>,
    ...[to, options = {}]: M extends QueryMessage
      ? [to?: Addressee<M>, options?: AskOptions]
      : [to: Addressee<M>, options?: AskOptions]
  ): Promise<ReplyOf<M>> {
    const deadline = Date.now() + (options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    const bytes = payload === undefined ? new Uint8Array() : toBytes(payload);
    const answer = fromBytes<ReplyOf<M> | { failed: KubeStatus } | undefined>(
      (await requestUntil(this.connection, this.#subjectOf(message, to ?? {}), bytes, deadline, this.#believes)).data,
    );
    if (typeof answer === 'object' && answer !== null && 'failed' in answer)
      throw new StatusError(answer.failed as KubeStatus);
    return answer as ReplyOf<M>;
  }

  /** Asks whoever answers, and gathers the answers until as many as wanted are there or the time is over. */
  askAll<M extends ProcessRequestMessage>(
    message: M,
    payload: PayloadOf<M>,
    { milliseconds, wanted = Infinity }: { readonly milliseconds: number; readonly wanted?: number },
  ): Promise<ReplyOf<M>[]> {
    return new Promise((resolve) => {
      const answers: ReplyOf<M>[] = [];
      const inbox = createInbox(inboxOf(this.identity));
      const end = (): void => {
        clearTimeout(timer);
        subscription.unsubscribe();
        resolve(answers);
      };
      const timer = setTimeout(end, milliseconds);
      const subscription = this.listen(inbox, ({ data }) => {
        if (answers.push(fromBytes<ReplyOf<M>>(data)) >= wanted) end();
      });
      this.connection.publish(this.#subjectOf(message, {}), toBytes(payload), { reply: inbox });
    });
  }

  /** Tells what a declaration declares, to whoever listens; nobody answers. */
  tell<M extends SignalMessage | NodeRequestMessage | ProcessRequestMessage>(
    message: M,
    payload: PayloadOf<M>,
    ...[to]: M extends SignalMessage ? [] : [to: Addressee<M>]
  ): void {
    if (this.connection.isClosed()) return;
    const subject =
      message.kind === 'signal' ? subjects.signal(message.name, this.principal) : this.#subjectOf(message, to ?? {});
    this.connection.publish(subject, toBytes(payload));
  }

  /** Hears signals. What is not as declared is told to the error sink; so is what the handler throws. */
  hear<M extends SignalMessage>(message: M, handler: (payload: PayloadOf<M>, from: Principal) => void): Subscription {
    return this.#hear(subjects.signal(message.name, 'anyone'), message, (payload, from) => {
      if (from !== undefined) handler(payload, from);
    });
  }

  /** Hears what this process' node is told. */
  hearForNode<M extends NodeRequestMessage>(message: M, handler: (payload: PayloadOf<M>) => void): Subscription {
    return this.#hear(subjects.node(this.identity.name, message.name), message, handler);
  }

  /** The objects of channels, now or at a position, in chunks. */
  state(request: Omit<StateRequest, 'encoding'>): AsyncIterable<StateChunk> {
    return decodeState(this.stream(StateQuery, { ...request, encoding: 'br' }, {}));
  }

  /** Asks what is answered with a stream of bytes. */
  stream<M extends QueryMessage | NodeRequestMessage>(
    message: M,
    payload: PayloadOf<M>,
    to: Addressee<M>,
    options: { signal?: AbortSignal } = {},
  ): AsyncIterable<Uint8Array> {
    return openStream(this, this.#subjectOf(message, to), payload, options);
  }

  /** Asks for a stream of bytes both ways; resolves once it is granted. Throws StatusError when it is refused. */
  open<M extends NodeRequestMessage>(
    message: M,
    payload: PayloadOf<M>,
    to: Addressee<M>,
    options: { signal?: AbortSignal } = {},
  ): Promise<DuplexStream> {
    return openDuplex(this, this.#subjectOf(message, to), payload, options);
  }

  /** Listens to a subject, guarded: a handler that throws is told to the error sink, and the next message is heard. */
  listen(subject: string, handle: (message: Msg) => void): Subscription {
    return listen(this.connection, subject, { onError: this.onError }, handle);
  }

  /** Sends what is under way, then closes. */
  async close(): Promise<void> {
    if (!this.connection.isClosed()) await this.connection.drain();
  }

  #hear<M extends SignalMessage | NodeRequestMessage>(
    subject: string,
    message: M,
    handler: (payload: PayloadOf<M>, from: Principal | undefined) => void,
  ): Subscription {
    return this.listen(subject, (raw) => {
      const received = new BusMessage(raw);
      const read = readPayload(message, received);
      if (!read.ok) throw new Error(read.problem);
      handler(read.payload as PayloadOf<M>, received.principal);
    });
  }

  #subjectOf(message: Question, to: Readonly<Record<string, string>>): string {
    switch (message.kind) {
      case 'query':
        return subjects.query(message.name, this.principal);
      case 'node':
        return subjects.node(to['node'] ?? '', message.name);
      case 'process':
        return subjects.process(message.address, {
          senderKind: this.principal.kind,
          senderName: this.principal.name,
          ...to,
        });
    }
  }
}

/** Connects as a process of the cluster. Throws ConnectionRefused when the server is there and can't be spoken with. */
export async function connectBus(options: ConnectOptions & { readonly onError: ErrorSink }): Promise<Bus> {
  const connection = await connectNats(options);
  endDeafness(connection, options.onError);
  return new Bus(connection, options.identity, options.onError);
}
