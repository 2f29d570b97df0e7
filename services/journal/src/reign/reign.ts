import { randomUUID } from 'node:crypto';
import type { Bus } from '@shiplog/bus';
import type { Client } from 'pg';
import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import { Appender } from '../database/append';
import { connectClient } from '../database/client';
import { CommandStore } from '../database/commands';
import type { Lease } from '../database/lease';
import { loadState } from '../history/load';
import { Past } from '../history/past';
import { LaterCommands } from '../intake/later';
import { serveCommands } from '../intake/requests';
import { History } from '../queries/history';
import { serveQueries } from '../queries/queries';
import { admissionSettings, type JournalConfig } from '../settings';
import { Heads } from '../writer/heads';
import { Publisher } from '../writer/publisher';
import { RecentCommands } from '../writer/recent-commands';
import { Writer } from '../writer/writer';
import { HeadSignals } from './head-signals';
import { Keeper } from './keeper';

/** Command ids held in memory; older ones are looked up. */
const RECENT_COMMANDS = 50_000;

export interface ReignParts {
  readonly config: JournalConfig & { instance: string };
  readonly bus: Bus;
  readonly dataSource: DataSource;
  readonly lease: Lease;
  readonly logger: Logger;
}

/** The time in which this journal is the active one: from a lease to its end. */
export class Reign {
  #endIntake: () => void = () => undefined;

  private constructor(
    readonly writer: Writer,
    private readonly client: Client,
    private readonly later: LaterCommands,
    private readonly keeper: Keeper,
    private readonly signals: HeadSignals,
    /** Resolves, with the reason, when this journal can't be the active one any more. */
    readonly over: Promise<unknown>,
  ) {}

  /** Loads the state, then takes commands and questions. */
  static async begin({ config, bus, dataSource, lease, logger }: ReignParts): Promise<Reign> {
    let broke: (why: unknown) => void = () => undefined;
    const broken = new Promise<unknown>((resolve) => (broke = resolve));
    const client = await connectClient(config.databaseUrl, 'append', broke);
    try {
      const { state, position, channels } = await loadState(client);
      const heads = new Heads(channels);
      const commands = new CommandStore(dataSource);
      const newest = await commands.newest(RECENT_COMMANDS);
      const appender = new Appender(client, lease.epoch);
      await appender.prepare();
      const publisher = new Publisher(bus.connection, heads, logger);
      const writer: Writer = new Writer({
        state,
        position,
        recent: new RecentCommands(RECENT_COMMANDS, newest, newest.length < RECENT_COMMANDS),
        store: {
          append: (commit) => appender.append(commit),
          findCommands: (ids) => commands.find(ids),
          replyTo: (command) => commands.replyTo(command),
        },
        settings: admissionSettings(config),
        commitEvents: config.commitEvents,
        maxDataBytes: () => (bus.connection.info?.max_payload ?? 1_048_576) - EVENT_MARGIN,
        publish: (applied, text) => publisher.publish(applied, text),
        onCommitted: () => keeper.look(),
        clock: ascendingClock(),
        logger,
      });
      const keeper = await Keeper.start(client, config, writer, heads, logger);
      const over = Promise.race([lease.lost, writer.lost, broken]);
      const signals = new HeadSignals(bus, writer, heads, config.instance, logger);
      const later = new LaterCommands(bus, (submissions) => writer.submit(submissions), logger);
      const reign = new Reign(writer, client, later, keeper, signals, over);
      const past = new Past(config.databaseUrl, (error) =>
        logger.warn({ err: error }, 'a connection for history broke'),
      );
      const history = new History(dataSource);
      reign.#serve(bus, { writer, heads, history, past, commands }, logger);
      logger.info({ epoch: lease.epoch, position, objects: state.size() }, 'active');
      return reign;
    } catch (error) {
      await client.end();
      throw error;
    }
  }

  #serve(bus: Bus, sources: Parameters<typeof serveQueries>[1], logger: Logger): void {
    const onError = (error: unknown, where: string): void =>
      logger.error({ err: error, where }, 'a message could not be handled');
    const endQueries = serveQueries(bus, sources);
    const endCommands = serveCommands(bus, (submissions) => this.writer.submit(submissions), onError);
    this.later.start();
    this.signals.start();
    this.#endIntake = () => {
      endCommands();
      endQueries();
    };
  }

  /** Ends it: in order (commands under way are committed and answered, a snapshot is taken), or at once. */
  async end(how: 'in-order' | 'at-once'): Promise<void> {
    this.#endIntake();
    await this.later.stop();
    const stopped = this.writer.stop();
    if (how === 'in-order') await stopped;
    this.signals.stop();
    await this.keeper.stop({ snapshot: how === 'in-order' });
    await this.client.end();
  }
}

/** Room for what a published event has beside its data. */
const EVENT_MARGIN = 8 * 1024;

/** Time never runs backwards in the log, whatever the machine's clock does. */
function ascendingClock(): () => { time: string; uid: () => string } {
  let last = '';
  return () => {
    const now = new Date().toISOString();
    if (now > last) last = now;
    return { time: last, uid: randomUUID };
  };
}
