import type { Bus } from '@shiplog/bus';
import type { Logger } from 'pino';
import { Appender } from '../database/append';
import type { Lease } from '../database/lease';
import type { Repositories } from '../database/repositories';
import { Past } from '../history/past';
import { LaterCommands } from '../intake/later';
import { serveCommands } from '../intake/requests';
import { History } from '../queries/history';
import { serveQueries } from '../queries/queries';
import type { JournalConfig } from '../settings';
import type { Writer } from '../writer/writer';
import { HeadSignals } from './head-signals';
import { Keeper } from './keeper';
import { openWriter } from './open-writer';

/** What a journal has before it is the active one. */
export interface ReignParts {
  readonly config: JournalConfig & { instance: string };
  readonly bus: Bus;
  readonly log: Repositories;
  readonly lease: Lease;
  readonly logger: Logger;
}

/** The time in which this journal is the active one: from a lease to its end. */
export class Reign {
  #endIntake: () => void = () => undefined;

  private constructor(
    readonly writer: Writer,
    private readonly appender: Appender,
    private readonly later: LaterCommands,
    private readonly keeper: Keeper,
    private readonly signals: HeadSignals,
    /** Resolves, with the reason, when this journal can't be the active one any more. */
    readonly over: Promise<unknown>,
  ) {}

  /** Loads the state, then takes commands and questions. */
  static async begin(parts: ReignParts): Promise<Reign> {
    const { config, bus, log, lease, logger } = parts;
    let broke: (why: unknown) => void = () => undefined;
    const broken = new Promise<unknown>((resolve) => (broke = resolve));
    const appender = await Appender.open(config.databaseUrl, lease.epoch, broke);
    try {
      const { writer, heads } = await openWriter(parts, appender, () => keeper.look());
      const keeper = await Keeper.start(log, config, writer, heads, logger);
      const over = Promise.race([lease.lost, writer.lost, broken]);
      const signals = new HeadSignals(bus, writer, heads, config.instance, logger);
      const later = new LaterCommands(bus, (submissions) => writer.submit(submissions), logger);
      const reign = new Reign(writer, appender, later, keeper, signals, over);
      const { commands } = log;
      reign.#serve(bus, { writer, heads, past: new Past(log), commands, history: new History(log) }, logger);
      logger.info({ epoch: lease.epoch, position: writer.position, objects: writer.state.size() }, 'active');
      return reign;
    } catch (error) {
      await appender.close();
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
    await this.appender.close();
  }
}
