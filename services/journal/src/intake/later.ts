import { setTimeout as delay } from 'node:timers/promises';
import { fromBytes, type Bus } from '@shiplog/bus';
import {
  commandProblem,
  LATER_CONSUMER,
  LATER_STREAM,
  principalOfSubject,
  subjects,
  type AnyCommand,
  type CommandReply,
} from '@shiplog/contracts';
import {
  AckPolicy,
  ConsumerEvents,
  DiscardPolicy,
  nanos,
  RetentionPolicy,
  StorageType,
  type ConsumerMessages,
  type JetStreamManager,
  type JsMsg,
} from 'nats';
import type { Logger } from 'pino';
import type { Submission } from '../writer/batch';

/** Long enough for any commit; a command that is not acknowledged by then comes again, and its id makes that harmless. */
const ACK_WAIT_MS = 15_000;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 15_000;
const FETCH = 512;
/** A command that can't be settled so often would come again at every start, for ever. */
const DELIVERIES = 5;
/** What is kept at most: senders are refused beyond it, and what nobody has decided in a day is out of date. */
const KEPT_BYTES = 256 * 1024 * 1024;
const KEPT_MS = 24 * 3_600_000;

/** Hands commands to the writer, in order. */
export type Submit = (submissions: readonly Submission[]) => void;

/**
 * Commands that were sent without waiting: JetStream keeps them until they are decided. Stream and consumer are made
 * when they are missing, also when the server lost its store meanwhile.
 */
export class LaterCommands {
  readonly #stop = new AbortController();
  #messages: ConsumerMessages | undefined;
  #loop: Promise<void> = Promise.resolve();

  constructor(
    private readonly bus: Bus,
    private readonly submit: Submit,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#messages?.stop();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let pause = FIRST_RETRY_MS;
    while (!signal.aborted) {
      try {
        await this.#consume();
        pause = FIRST_RETRY_MS;
      } catch (error) {
        if (signal.aborted) return;
        this.logger.warn({ err: error, pauseMs: pause }, 'commands kept in JetStream cannot be read; trying again');
      }
      await delay(pause, undefined, { signal }).catch(() => undefined);
      pause = Math.min(pause * 2, LONGEST_RETRY_MS);
    }
  }

  /** Until the consumer is gone, or this stops. */
  async #consume(): Promise<void> {
    const { connection } = this.bus;
    const manager = await connection.jetstreamManager();
    await ensureStream(manager);
    const consumer = await connection.jetstream().consumers.get(LATER_STREAM, LATER_CONSUMER);
    const messages = await consumer.consume({ max_messages: FETCH, idle_heartbeat: 2_000, expires: 10_000 });
    this.#messages = messages;
    if (this.#stop.signal.aborted) messages.stop();
    void this.#watch(messages);
    for await (const message of messages) this.#take(message);
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

  #take(message: JsMsg): void {
    const principal = principalOfSubject(message.subject);
    const read = readCommand(message);
    if (principal === undefined || typeof read === 'string') {
      this.logger.warn({ subject: message.subject, problem: read }, 'a stored message is no command; dropped');
      message.term();
      return;
    }
    this.submit([{ command: read, principal, answer: (reply) => this.#settle(message, read.id, reply) }]);
  }

  /** Decided is decided: a refusal too, which nobody waits for but the log lines. */
  #settle(message: JsMsg, id: string, reply: CommandReply): void {
    if (!reply.ok) this.logger.warn({ command: id, status: reply.status }, 'a stored command was refused');
    message.ack();
  }
}

/** The command of a stored message, or what is wrong with it. */
function readCommand({ data, subject }: JsMsg): AnyCommand | string {
  try {
    const command = fromBytes<AnyCommand>(data);
    const problem = commandProblem(command);
    if (problem !== undefined) return problem;
    return subject.endsWith(`.${command.type}`) ? command : `its type ${command.type} is not that of its subject`;
  } catch (error) {
    return `must be JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Makes what is missing, and brings what an older journal made up to date. */
async function ensureStream(manager: JetStreamManager): Promise<void> {
  const stream = {
    name: LATER_STREAM,
    subjects: [subjects.commandLater('*', 'anyone')],
    retention: RetentionPolicy.Workqueue,
    storage: StorageType.File,
    duplicate_window: nanos(120_000),
    max_bytes: KEPT_BYTES,
    max_age: nanos(KEPT_MS),
    discard: DiscardPolicy.New,
  };
  const consumer = {
    durable_name: LATER_CONSUMER,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(ACK_WAIT_MS),
    max_ack_pending: 4 * FETCH,
    max_deliver: DELIVERIES,
  };
  if (await exists(() => manager.streams.info(LATER_STREAM))) await manager.streams.update(LATER_STREAM, stream);
  else await manager.streams.add(stream);
  if (await exists(() => manager.consumers.info(LATER_STREAM, LATER_CONSUMER))) {
    await manager.consumers.update(LATER_STREAM, LATER_CONSUMER, consumer);
  } else await manager.consumers.add(LATER_STREAM, consumer);
}

async function exists(ask: () => Promise<unknown>): Promise<boolean> {
  try {
    await ask();
    return true;
  } catch (error) {
    if ((error as { api_error?: { code?: number } }).api_error?.code === 404) return false;
    throw error;
  }
}
