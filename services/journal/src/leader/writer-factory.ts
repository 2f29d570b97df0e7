import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Bus } from '@shiplog/bus';
import { BUS, CONFIG, LOGGER } from '@shiplog/service';
import { WebhookAsker, WebhookClient } from '@shiplog/webhooks';
import type { Logger } from 'pino';
import type { Appender } from '../database/append';
import type { Lease } from '../database/lease';
import { LogRepositories } from '../database/repositories';
import { RECENT_COMMANDS, type Follower } from '../history/follower';
import { admissionSettings, type JournalConfig } from '../settings';
import { ChannelHeads } from '../writer/channel-heads';
import { Publisher } from '../writer/publisher';
import { RecentCommands } from '../writer/recent-commands';
import { Writer } from '../writer/writer';
import type { OpenLog } from './active-log';
import { tellReferringNodes } from './reference-notices';

/** Room for what a published event has beside its data. */
const EVENT_MARGIN = 8 * 1024;
/** NATS' own default, until the server has said what it takes. */
const DEFAULT_PAYLOAD = 1_048_576;

/** What a writer must know of its lease. */
export type HeldLease = Pick<Lease, 'epoch' | 'holds'>;

/** Makes the writer of each epoch, standing at the end of the log. */
@Injectable()
export class WriterFactory {
  constructor(
    @Inject(CONFIG) private readonly config: JournalConfig,
    @Inject(BUS) private readonly bus: Bus,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly log: LogRepositories,
  ) {}

  /**
   * From the state at the end of the log, with the command ids and the time there. What the writer decides goes to the
   * log by the appender of its lease's epoch, and none of it once the lease is over.
   */
  async open(
    follower: Pick<Follower, 'take'>,
    lease: HeldLease,
    appender: Appender,
    onCommitted: () => void,
  ): Promise<Pick<OpenLog, 'writer' | 'heads'>> {
    const { config, bus, log, logger } = this;
    const { commands, events } = log;
    const [{ state, position, channels, newest }, [last]] = await Promise.all([follower.take(), events.newest(1)]);
    const heads = new ChannelHeads(channels);
    const publisher = new Publisher(bus.connection, heads, lease.epoch, logger, config);
    const client = new WebhookClient(() => state);
    const asker = new WebhookAsker(client, logger);
    const writer = new Writer({
      state,
      position,
      recent: new RecentCommands(RECENT_COMMANDS, newest, newest.length < RECENT_COMMANDS.commands),
      store: {
        append: (commit) => (lease.holds() ? appender.append(commit) : Promise.resolve('deposed')),
        findAnswers: (ids) => commands.answers(ids),
      },
      settings: admissionSettings(config),
      commitEvents: config.commitEvents,
      maxDataBytes: () => (bus.connection.info?.max_payload ?? DEFAULT_PAYLOAD) - EVENT_MARGIN,
      publish: (commit, texts) => {
        publisher.publish(commit, texts);
        for (const applied of commit) tellReferringNodes(bus, state, applied);
      },
      onCommitted,
      clock: ascendingClock(last?.time),
      ask: (questions, basis) => asker.ask(questions, basis),
      onStopped: () => void client.close(),
      logger,
    });
    return { writer, heads };
  }
}

/**
 * Time never runs backwards in the log, whatever the clocks of the machines do that write it one after the other.
 * @param last the time of the last event there
 */
export function ascendingClock(last = '', now = () => new Date()): () => { time: string; uid: () => string } {
  return () => {
    const time = now().toISOString();
    if (time > last) last = time;
    return { time: last, uid: randomUUID };
  };
}
