import type { Bus } from '@shiplog/bus';
import { LATER_CONSUMER, LATER_STREAM, type AnyCommand, type CommandReply, type Principal } from '@shiplog/contracts';
import { backOffMs, keepRunning } from '@shiplog/wait';
import { ConsumerEvents, type ConsumerMessages, type JsMsg } from 'nats';
import type { Logger } from 'pino';
import type { DeadLetterRepository } from '../database/dead-letter.repository';
import type { Writer } from '../writer/writer';
import { ACK_WAIT_MS, DELIVERIES, ensureStream, FETCH, KEPT_MS } from './ensure-stream';
import { readStored } from './stored-command';

/** Between attempts to read the stream. */
const BACK_OFF = { firstMs: 500, longestMs: 15_000 };
/** A command that the journal has no room for, or fails at, comes again after this long, then after twice as long … */
const FIRST_BACK_OFF_MS = 1_000;
const LONGEST_BACK_OFF_MS = 30_000;

/** Whom commands are handed to, and where those go that can't be decided. */
export type Decider = Pick<Writer, 'submit' | 'room'>;
export type DeadLetters = Pick<DeadLetterRepository, 'begin' | 'beginAlone' | 'end' | 'bury' | 'forgetNotes'>;

/** A message with the command in it. */
interface Stored {
  readonly message: JsMsg;
  readonly command: AnyCommand;
  readonly principal: Principal;
}

/**
 * Commands that were sent without waiting: JetStream keeps them until they are decided and committed, and delivers them
 * again, later and later, while the journal has too much to do or fails. After a few deliveries one is a dead letter.
 *
 * What is about to be decided is noted before: of a command whose decision is the journal's end (out of memory), the
 * next journal finds the note, and buries it. Commands that came together are noted together, and each is decided
 * alone after such an end, so that it is clear which one it was.
 */
export class CommandStream {
  readonly #stop = new AbortController();
  readonly #inHand = new Set<JsMsg>();
  #arrived: JsMsg[] = [];
  #working: Promise<void> | undefined;
  #messages: ConsumerMessages | undefined;
  #loop: Promise<void> = Promise.resolve();
  #stillAtIt: NodeJS.Timeout | undefined;

  constructor(
    private readonly bus: Bus,
    private readonly writer: Decider,
    private readonly letters: DeadLetters,
    private readonly logger: Logger,
    private readonly firstBackOffMs = FIRST_BACK_OFF_MS,
  ) {}

  start(): void {
    this.#stillAtIt = setInterval(() => this.#tellStillAtIt(), ACK_WAIT_MS / 3);
    this.#stillAtIt.unref();
    this.#loop = keepRunning(() => this.#consume(), {
      backOff: BACK_OFF,
      signal: this.#stop.signal,
      onError: (error, pauseMs) =>
        this.logger.warn({ err: error, pauseMs }, 'commands kept in JetStream cannot be read; trying again'),
    });
  }

  /** Reads no more. What is with the writer is acknowledged or comes again; what is not decided goes back at once. */
  async stop(): Promise<void> {
    this.#stop.abort();
    clearInterval(this.#stillAtIt);
    this.#messages?.stop();
    await this.#loop;
    await this.#working;
    for (const message of this.#arrived.splice(0)) this.#say(message, () => message.nak());
    this.#inHand.clear();
  }

  /** Until the consumer is gone, or this stops. */
  async #consume(): Promise<void> {
    const { connection } = this.bus;
    const manager = await connection.jetstreamManager();
    await ensureStream(manager, this.logger);
    await this.letters.forgetNotes(KEPT_MS);
    const consumer = await connection.jetstream().consumers.get(LATER_STREAM, LATER_CONSUMER);
    const messages = await consumer.consume({ max_messages: FETCH, idle_heartbeat: 2_000, expires: 10_000 });
    this.#messages = messages;
    if (this.#stop.signal.aborted) messages.stop();
    void this.#watch(messages);
    for await (const message of messages) {
      this.#arrived.push(message);
      this.#inHand.add(message);
      this.#working ??= this.#work().finally(() => (this.#working = undefined));
      if (this.#arrived.length >= FETCH) await this.#working;
    }
  }

  async #watch(messages: ConsumerMessages): Promise<void> {
    let missed = 0;
    for await (const { type } of await messages.status()) {
      if (type === ConsumerEvents.HeartbeatsMissed) missed++;
      const isGone = type === ConsumerEvents.ConsumerDeleted || type === ConsumerEvents.ConsumerNotFound || missed > 1;
      if (isGone || type === ConsumerEvents.StreamNotFound) {
        this.logger.warn({ event: type }, 'the stream of commands went away; making it anew');
        messages.stop();
        return;
      }
    }
  }

  /** Waiting for its turn is not failing: JetStream is told that it goes on. */
  #tellStillAtIt(): void {
    if (this.bus.connection.isClosed()) return;
    for (const message of this.#inHand) this.#say(message, () => message.working());
  }

  async #work(): Promise<void> {
    while (this.#arrived.length > 0 && !this.#stop.signal.aborted) {
      await this.writer.room();
      const messages = this.#arrived.splice(0);
      try {
        await this.#decide(messages);
      } catch (error) {
        this.logger.warn(
          { err: error, commands: messages.length },
          'commands kept in JetStream could not be handed on',
        );
        for (const message of messages) this.#again(message);
      }
    }
  }

  /** All that came together; those that were being decided when a journal ended, one by one. */
  async #decide(messages: readonly JsMsg[]): Promise<void> {
    const stored: Stored[] = [];
    for (const message of messages) {
      const read = readStored(message.subject, message.data);
      const { deliveryCount } = message.info;
      if (!read.ok) await this.#bury(message, `invalid command: ${read.problem}`);
      else if (deliveryCount > DELIVERIES) await this.#bury(message, TOO_OFTEN, read.command);
      else stored.push({ message, ...read });
    }
    if (stored.length === 0) return;
    const left = await this.letters.begin(stored.map(({ command }) => command.id));
    const others = stored.filter(({ command }) => !left.has(command.id));
    if (others.length > 0) {
      this.#submit(others);
      await this.#strikeOff(others);
    }
    for (const item of stored) {
      const note = left.get(item.command.id);
      if (note?.alone === true) await this.#bury(item.message, FATAL, item.command);
      else if (note !== undefined) {
        await this.letters.beginAlone(item.command.id);
        this.#submit([item]);
        await this.#strikeOff([item]);
      }
    }
  }

  #submit(stored: readonly Stored[]): void {
    this.writer.submit(
      stored.map(({ message, command, principal }) => ({
        command,
        principal,
        bytes: message.data.length,
        comesAgain: true,
        answer: (reply) => void this.#settle(message, command, reply),
      })),
    );
  }

  /** What is decided has not ended the journal. What can't be struck off now is so before the next note. */
  async #strikeOff(stored: readonly Stored[]): Promise<void> {
    await this.letters.end(stored.map(({ command }) => command.id)).catch((error: unknown) => {
      this.logger.warn({ err: error }, 'notes on decided commands could not be struck off yet');
    });
  }

  /** Decided is decided: a refusal too, which nobody waits for but the log lines. */
  async #settle(message: JsMsg, command: AnyCommand, reply: CommandReply): Promise<void> {
    if (reply.ok || isDecision(reply.status)) {
      if (!reply.ok) this.logger.warn({ command: command.id, status: reply.status }, 'a stored command was refused');
      this.#inHand.delete(message);
      this.#say(message, () => message.ack());
    } else if (message.info.deliveryCount < DELIVERIES) this.#again(message);
    else await this.#bury(message, reply.status.message ?? `it was answered with ${reply.status.code}`, command);
  }

  #again(message: JsMsg): void {
    this.#inHand.delete(message);
    const bounds = { firstMs: this.firstBackOffMs, longestMs: LONGEST_BACK_OFF_MS };
    this.#say(message, () => message.nak(backOffMs(message.info.deliveryCount, bounds)));
  }

  /** What JetStream does not hear (the connection is closed) it takes for silence, and delivers again. */
  #say({ subject }: JsMsg, say: () => void): void {
    try {
      say();
    } catch (error) {
      this.logger.debug({ err: error, subject }, 'JetStream could not be told what became of a command');
    }
  }

  /** Keeps what can't be decided, with why; JetStream has it until that is done. */
  async #bury(message: JsMsg, reason: string, command?: AnyCommand): Promise<void> {
    const { subject, data: payload, info } = message;
    const commandId = command?.id;
    try {
      await this.letters.bury({ subject, payload, commandId, reason, deliveries: info.deliveryCount });
      if (commandId !== undefined) await this.letters.end([commandId]);
      this.logger.error({ subject, command: commandId, reason }, 'a stored command is a dead letter');
      this.#inHand.delete(message);
      this.#say(message, () => message.term());
    } catch (error) {
      this.logger.warn({ err: error, subject }, 'a dead letter could not be kept; it comes again');
      this.#again(message);
    }
  }
}

const FATAL = 'a journal ended while it decided this command';
const TOO_OFTEN = `it was delivered ${DELIVERIES} times and never answered`;

/** Whether an answer is one on the command itself: not that the journal had too much to do (429), or failed at it (5xx). */
export function isDecision({ code = 500 }: { readonly code?: number }): boolean {
  return code !== 429 && code < 500;
}
