import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Bus } from '@shiplog/bus';
import { BUS, CONFIG, LOGGER } from '@shiplog/service';
import type { Logger } from 'pino';
import type { Appender } from '../database/append';
import { LogRepositories } from '../database/repositories';
import { loadState } from '../history/load';
import { admissionSettings, type JournalConfig } from '../settings';
import { Heads } from '../writer/heads';
import { Publisher } from '../writer/publisher';
import { RecentCommands } from '../writer/recent-commands';
import { Writer } from '../writer/writer';
import type { OpenLog } from './active-log';
import { tellReferringNodes } from './reference-notices';

/** Answered commands held in memory; older ones are found in the log. */
const RECENT_COMMANDS = { commands: 50_000, bytes: 32 * 1024 * 1024 };
/** Room for what a published event has beside its data. */
const EVENT_MARGIN = 8 * 1024;
/** NATS' own default, until the server has said what it takes. */
const DEFAULT_PAYLOAD = 1_048_576;

/** Makes the writer of each epoch, standing at the end of the log. */
@Injectable()
export class WriterFactory {
  constructor(
    @Inject(CONFIG) private readonly config: JournalConfig,
    @Inject(BUS) private readonly bus: Bus,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly log: LogRepositories,
  ) {}

  /** Loads the state; what the writer decides goes to the log by the appender of its epoch. */
  async open(appender: Appender, epoch: number, onCommitted: () => void): Promise<Pick<OpenLog, 'writer' | 'heads'>> {
    const { config, bus, log, logger } = this;
    const { commands } = log;
    const { state, position, channels } = await loadState(log);
    const heads = new Heads(channels);
    const newest = await commands.newestIds(RECENT_COMMANDS.commands);
    const publisher = new Publisher(bus.connection, heads, epoch, logger);
    const writer = new Writer({
      state,
      position,
      recent: new RecentCommands(RECENT_COMMANDS, newest, newest.length < RECENT_COMMANDS.commands),
      store: {
        append: (commit) => appender.append(commit),
        findAnswers: (ids) => commands.answers(ids),
      },
      settings: admissionSettings(config),
      commitEvents: config.commitEvents,
      maxDataBytes: () => (bus.connection.info?.max_payload ?? DEFAULT_PAYLOAD) - EVENT_MARGIN,
      publish: (applied, text) => {
        publisher.publish(applied, text);
        tellReferringNodes(bus, state, applied);
      },
      onCommitted,
      clock: ascendingClock(),
      logger,
    });
    return { writer, heads };
  }
}

/** Time never runs backwards in the log, whatever the machine's clock does. */
function ascendingClock(): () => { time: string; uid: () => string } {
  let last = '';
  return () => {
    const now = new Date().toISOString();
    if (now > last) last = now;
    return { time: last, uid: randomUUID };
  };
}
