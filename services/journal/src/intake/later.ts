import { setTimeout as delay } from 'node:timers/promises';
import { fromBytes, type Bus } from '@shiplog/bus';
import { LATER_CONSUMER, LATER_STREAM, subjects, type CommandReply } from '@shiplog/contracts';
import {
  AckPolicy,
  ConsumerEvents,
  nanos,
  RetentionPolicy,
  StorageType,
  type ConsumerMessages,
  type JetStreamManager,
  type JsMsg,
} from 'nats';
import type { Logger } from 'pino';
import { parseCommand } from './parse';
import type { Submit } from './requests';

/** Long enough for any commit; a command that is not acknowledged by then comes again, and its id makes that harmless. */
const ACK_WAIT_MS = 15_000;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 15_000;
const FETCH = 512;

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
    const parsed = parseCommand(() => fromBytes(message.data));
    if (!parsed.ok) {
      this.logger.warn({ subject: message.subject, status: parsed.status }, 'a stored message is no command; dropped');
      message.term();
      return;
    }
    const { command } = parsed;
    this.submit([{ command, answer: (reply) => this.#settle(message, command.id, reply) }]);
  }

  /** Decided is decided: a refusal too, which nobody waits for but the log lines. */
  #settle(message: JsMsg, id: string, reply: CommandReply): void {
    if (!reply.ok) this.logger.warn({ command: id, status: reply.status }, 'a stored command was refused');
    message.ack();
  }
}

async function ensureStream(manager: JetStreamManager): Promise<void> {
  await manager.streams.add({
    name: LATER_STREAM,
    subjects: [subjects.commandLater('*')],
    retention: RetentionPolicy.Workqueue,
    storage: StorageType.File,
    duplicate_window: nanos(120_000),
  });
  await manager.consumers.add(LATER_STREAM, {
    durable_name: LATER_CONSUMER,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(ACK_WAIT_MS),
    max_ack_pending: 4 * FETCH,
  });
}
