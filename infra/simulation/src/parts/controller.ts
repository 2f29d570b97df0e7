import { commonSettings, readConfig } from '@shiplog/service';
import { ControllerModule } from '../../../../services/controller/src/controller.module';
import { controllerSettings } from '../../../../services/controller/src/settings';
import type { SimProcess } from '../world/process';
import type { Cluster } from './cluster';
import { startService } from './service';

/** With which every controller of the simulation decides, and decides again. */
export const CONTROLLER_CONFIG = { ...readConfig(commonSettings, {}), ...readConfig(controllerSettings, {}) };

/** A controller: the whole service, with all controllers of the cluster. Its name says which life of the process it is. */
export async function startController(cluster: Cluster, process: SimProcess): Promise<void> {
  await startService(cluster, process, {
    identity: { role: 'controller', name: `${process.name}-${process.life}` },
    module: ControllerModule,
    config: CONTROLLER_CONFIG,
    instead: [],
  });
}
