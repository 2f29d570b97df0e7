import { readConfig } from '@shiplog/service';
import { DataSource } from 'typeorm';
import { CommandRepository } from '../../../../services/journal/src/database/command.repository';
import { LogDatabase } from '../../../../services/journal/src/database/database.module';
import { DeadLetterRepository } from '../../../../services/journal/src/database/dead-letter.repository';
import { EventRepository } from '../../../../services/journal/src/database/event.repository';
import { PartitionRepository } from '../../../../services/journal/src/database/partition.repository';
import { SnapshotRepository } from '../../../../services/journal/src/database/snapshot.repository';
import { SnapshotMaker } from '../../../../services/journal/src/history/snapshot-maker';
import { JournalModule } from '../../../../services/journal/src/journal.module';
import { journalSettings } from '../../../../services/journal/src/settings';
import { broken } from '../store/store';
import {
  SimCommands,
  SimDeadLetters,
  SimEvents,
  SimPartitions,
  SimSnapshotMaker,
  SimSnapshots,
} from '../store/repositories';
import type { SimProcess } from '../world/process';
import type { Cluster } from './cluster';
import { startService } from './service';

/** How long a journal that hangs is waited for, in milliseconds. */
export const LEASE_MS = 4_000;

/** A journal: the whole service, but for the database, of which the simulated store stands in the place. */
export async function startJournal(cluster: Cluster, process: SimProcess): Promise<void> {
  const { store } = cluster;
  const database = {
    open: () =>
      store.pooled(() => {
        if (store.isAway) throw broken('the database is starting up');
      }),
    breakConnections: () => store.abandonPool(process),
  };
  await startService(cluster, process, {
    identity: { role: 'journal', name: process.name },
    module: JournalModule,
    config: {
      ...readConfig(journalSettings, {}),
      leaseTtl: LEASE_MS,
      snapshotEvery: 25,
      snapshotCalm: 200,
      snapshotsKept: 3,
      commitEvents: 8,
    },
    instead: [
      { provide: DataSource, value: {} },
      { provide: LogDatabase, value: database },
      { provide: EventRepository, value: new SimEvents(store) },
      { provide: CommandRepository, value: new SimCommands(store) },
      { provide: SnapshotRepository, value: new SimSnapshots(store) },
      { provide: PartitionRepository, value: new SimPartitions() },
      { provide: DeadLetterRepository, value: new SimDeadLetters() },
      { provide: SnapshotMaker, value: new SimSnapshotMaker(store) },
    ],
  });
}
