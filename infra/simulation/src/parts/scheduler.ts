import { readConfig } from '@shiplog/service';
import { SchedulerModule } from '../../../../services/scheduler/src/scheduler.module';
import { schedulerSettings } from '../../../../services/scheduler/src/settings';
import type { SimProcess } from '../world/process';
import type { Cluster } from './cluster';
import { startService } from './service';

/** A scheduler: the whole service. */
export async function startScheduler(cluster: Cluster, process: SimProcess): Promise<void> {
  await startService(cluster, process, {
    identity: { role: 'scheduler', name: process.name },
    module: SchedulerModule,
    config: readConfig(schedulerSettings, {}),
    instead: [],
  });
}
