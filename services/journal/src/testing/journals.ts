import type { INestMicroservice } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { NatsTransport, type Bus } from '@shiplog/bus';
import { Health, NestLogger, readConfig, ServiceModule } from '@shiplog/service';
import { build, programOf, TestNats, TestPostgres } from '@shiplog/testing';
import { pino } from 'pino';
import { makeDataSource } from '../database/data-source';
import { admitJournal } from '../database/journal-role';
import { migrate } from '../database/schema';
import { JournalModule } from '../journal.module';
import { SnapshotMaker } from '../history/snapshot-maker';
import { journalSettings, type JournalConfig } from '../settings';

/** Threads run what is compiled. */
const SNAPSHOT_WORKER = programOf('journal', 'history/snapshot-worker');

/** A journal inside the test's own process. */
export interface TestJournal {
  readonly app: INestMicroservice;
  readonly health: Health;
  readonly bus: Bus;
  stop(): Promise<void>;
}

/** What journals log in as. */
const ROLE = 'shiplog_journal';

/** Real NATS, real Postgres, and any number of journals on them. */
export class TestJournals {
  readonly #running = new Set<TestJournal>();
  #databases = 0;

  private constructor(
    readonly nats: TestNats,
    readonly postgres: TestPostgres,
    /** As a journal's role. */
    public databaseUrl: string,
    /** As the role that owns the log. */
    public ownerUrl: string,
  ) {}

  static async start(): Promise<TestJournals> {
    const [nats, postgres] = await Promise.all([TestNats.start(), TestPostgres.start(), build()]);
    const journals = new TestJournals(nats, postgres, '', '');
    await journals.newDatabase();
    return journals;
  }

  /** An empty log for the journals to come; returns its URL for them. */
  async newDatabase(): Promise<string> {
    const name = `log${++this.#databases}`;
    this.ownerUrl = await this.postgres.database(name);
    const dataSource = await makeDataSource(this.ownerUrl).initialize();
    await migrate(dataSource);
    await admitJournal(dataSource, { role: ROLE });
    await dataSource.destroy();
    this.databaseUrl = this.postgres.url(name, ROLE);
    return this.databaseUrl;
  }

  /** Starts a journal, on NATS itself or by what stands between; resolves when it is active, or at once with `{ standby: true }`. */
  async journal(
    instance: string,
    { standby = false, url, ...config }: Partial<JournalConfig> & { standby?: boolean; url?: string } = {},
  ): Promise<TestJournal> {
    const by = url === undefined ? {} : { url };
    const bus = await this.nats.bus(instance, { role: 'journal', name: instance }, by);
    const health = new Health('journal', instance);
    const logger = pino({ level: process.env['LOG_LEVEL'] ?? 'fatal' });
    const defaults = readConfig(journalSettings, { DATABASE_URL: this.databaseUrl });
    const transport = new NatsTransport(bus);
    const settings = { ...defaults, ...config, instance };
    const context = { config: settings, bus, logger, health, transport };
    const imports = [ServiceModule.forRoot(context), JournalModule];
    const module = await Test.createTestingModule({ imports })
      .overrideProvider(SnapshotMaker)
      .useValue(new SnapshotMaker(() => settings.databaseUrl, SNAPSHOT_WORKER, logger))
      .setLogger(new NestLogger(logger))
      .compile();
    const app = module.createNestMicroservice({ strategy: transport });
    const active = whenReady(health);
    await app.listen();
    const journal: TestJournal = {
      app,
      health,
      bus,
      stop: async () => {
        this.#running.delete(journal);
        await app.close();
        await bus.close();
      },
    };
    this.#running.add(journal);
    if (!standby) await active;
    return journal;
  }

  async stop(): Promise<void> {
    for (const journal of [...this.#running]) await journal.stop();
    await this.nats.stop();
    await this.postgres.stop();
  }
}

/** Resolves when a service says that it is ready. */
export function whenReady(health: Health): Promise<void> {
  return new Promise((resolve) => {
    const ready = health.ready.bind(health);
    health.ready = (detail) => {
      ready(detail);
      resolve();
    };
  });
}
