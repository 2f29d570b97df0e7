import { LATER_CONSUMER, LATER_STREAM, subjects } from '@shiplog/contracts';
import { AckPolicy, DiscardPolicy, nanos, RetentionPolicy, StorageType, type JetStreamManager } from 'nats';
import type { Logger } from 'pino';

/** What is not acknowledged by then comes again; who is at work on it says so in time. */
export const ACK_WAIT_MS = 15_000;
/** Deliveries that may fail before a command is a dead letter. */
export const DELIVERIES = 5;
/** Messages that are read ahead of being decided. */
export const FETCH = 32;
/** What nobody has decided in a day is out of date. */
export const KEPT_MS = 24 * 3_600_000;
/** What is kept at most: senders are refused beyond it. */
const KEPT_BYTES = 256 * 1024 * 1024;

const STREAM = {
  name: LATER_STREAM,
  subjects: [subjects.commandLater('*', 'anyone')],
  retention: RetentionPolicy.Workqueue,
  storage: StorageType.File,
  duplicate_window: nanos(120_000),
  max_bytes: KEPT_BYTES,
  max_age: nanos(KEPT_MS),
  discard: DiscardPolicy.New,
};

const CONSUMER = {
  durable_name: LATER_CONSUMER,
  ack_policy: AckPolicy.Explicit,
  ack_wait: nanos(ACK_WAIT_MS),
  max_ack_pending: 2_048,
  // The journal buries what fails too often; this is for when it can't do that either.
  max_deliver: 4 * DELIVERIES,
};

/**
 * Makes stream and consumer when they are missing, and brings what an older journal made up to date. What the server
 * does not let be changed stays as it is: commands come all the same.
 */
export async function ensureStream(manager: JetStreamManager, logger: Logger): Promise<void> {
  const stream = await found(() => manager.streams.info(LATER_STREAM));
  if (stream === undefined) await manager.streams.add(STREAM);
  else if (differs(stream.config, STREAM)) {
    await manager.streams.update(LATER_STREAM, STREAM).catch((error: unknown) => {
      logger.warn({ err: error }, 'the stream of commands keeps the configuration that it had');
    });
  }
  const consumer = await found(() => manager.consumers.info(LATER_STREAM, LATER_CONSUMER));
  if (consumer === undefined) await manager.consumers.add(LATER_STREAM, CONSUMER);
  else if (differs(consumer.config, CONSUMER)) {
    await manager.consumers.update(LATER_STREAM, LATER_CONSUMER, CONSUMER).catch((error: unknown) => {
      logger.warn({ err: error }, 'the consumer of commands keeps the configuration that it had');
    });
  }
}

/** Whether something has another value than is wanted; the server adds values of its own. */
function differs(present: object, wanted: object): boolean {
  const values = present as Record<string, unknown>;
  return Object.entries(wanted).some(([field, value]) => JSON.stringify(values[field]) !== JSON.stringify(value));
}

async function found<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if ((error as { api_error?: { code?: number } }).api_error?.code === 404) return undefined;
    throw error;
  }
}
