import { Inject, Injectable } from '@nestjs/common';
import { Voice, watchOf, type Bus, type NatsTransport } from '@shiplog/bus';
import { BUS, CONFIG, LOGGER, TRANSPORT } from '@shiplog/service';
import type { Logger } from 'pino';
import { Appender } from '../database/append';
import { databaseUrlOf } from '../database/database-url';
import { LogDatabase } from '../database/database.module';
import type { Lease } from '../database/lease';
import { LogRepositories } from '../database/repositories';
import type { Follower } from '../history/follower';
import { SnapshotMaker } from '../history/snapshot-maker';
import { CommandStream } from '../commands/command-stream';
import type { JournalConfig } from '../settings';
import type { Writer } from '../writer/writer';
import { ActiveLog } from './active-log';
import { HighWaterMarkSignals } from './high-water-mark-signals';
import { LogMaintenance } from './log-maintenance';
import { Standing, succeed } from './succession';
import { WriterFactory } from './writer-factory';

/** Begins the time in which this journal is the active one. */
@Injectable()
export class Terms {
  constructor(
    @Inject(CONFIG) private readonly config: JournalConfig,
    @Inject(BUS) private readonly bus: Bus,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(TRANSPORT) private readonly transport: NatsTransport,
    private readonly log: LogRepositories,
    private readonly writers: WriterFactory,
    private readonly active: ActiveLog,
    private readonly maker: SnapshotMaker,
    private readonly database: LogDatabase,
  ) {}

  /** Takes the state over where the follower has it, then takes commands and questions. */
  async begin(lease: Lease, follower: Follower): Promise<Term> {
    const { config, bus, log, logger } = this;
    const started = performance.now();
    let broke: (reason: unknown) => void = () => undefined;
    const broken = new Promise<unknown>((resolve) => (broke = resolve));
    const appender = await Appender.open(databaseUrlOf(config), lease.epoch, broke);
    try {
      const [{ writer, heads }] = await Promise.all([
        this.writers.open(follower, lease, appender, () => maintenance.look()),
        succeed(bus, lease, logger),
      ]);
      const { epoch } = lease;
      const maintenance = await LogMaintenance.start({ log, config, writer, heads, epoch, maker: this.maker, logger });
      const watch = watchOf(bus.connection, bus.onError);
      const standing = new Standing(bus, watch, lease, () => signals.tellEveryone());
      const voice = new Voice(standing);
      const signals = new HighWaterMarkSignals(bus, voice, writer, heads, logger);
      const commandStream = new CommandStream(bus, writer, log.deadLetters, logger);
      this.active.use({ writer, heads, voice, lease });
      bus.voice = voice;
      this.transport.activate();
      commandStream.start();
      signals.start();
      const ms = Math.round(performance.now() - started);
      logger.info({ epoch, position: writer.position, objects: writer.state.size(), ms }, 'active');
      const over = Promise.race([lease.lost, writer.lost, broken]);
      return new Term(
        bus,
        lease,
        standing,
        writer,
        appender,
        commandStream,
        maintenance,
        signals,
        this.transport,
        this.database,
        over,
      );
    } catch (error) {
      this.database.breakConnections();
      await appender.close();
      throw error;
    }
  }
}

/** The time in which this journal is the active one: from a lease to its end. */
export class Term {
  constructor(
    private readonly bus: Bus,
    private readonly lease: Lease,
    private readonly standing: Standing,
    readonly writer: Writer,
    private readonly appender: Appender,
    private readonly commandStream: CommandStream,
    private readonly maintenance: LogMaintenance,
    private readonly signals: HighWaterMarkSignals,
    private readonly transport: NatsTransport,
    private readonly database: LogDatabase,
    /** Resolves, with the reason, when this journal can't be the active one any more. */
    readonly over: Promise<unknown>,
  ) {}

  /**
   * Ends it: in order (commands under way are committed and answered; a snapshot is taken where no standby waits, which
   * has the state already), or at once, when Postgres may be out of reach: nothing waits for it then.
   */
  async end(how: 'in-order' | 'at-once'): Promise<void> {
    this.transport.deactivate();
    if (how === 'at-once') this.database.breakConnections();
    await this.commandStream.stop();
    const stopped = this.writer.stop();
    if (how === 'in-order') await stopped;
    this.bus.voice = undefined;
    this.standing.end();
    this.signals.stop();
    await this.maintenance.stop({ snapshot: how === 'in-order' && !(await this.#isAwaited()) });
    await this.appender.close();
  }

  #isAwaited(): Promise<boolean> {
    return this.lease.isAwaited().catch(() => true);
  }
}
