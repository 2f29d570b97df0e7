import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Cluster } from '../cluster';
import { LauncherFailure } from '../failure';
import { Home } from '../home';
import { currentClaim } from '../launcher-claim';
import { natsSettings } from '../nats/nats';
import { controlPlaneSpecs } from '../services/service-specs';
import { type LauncherSettings, REPOSITORY } from '../settings';

/** Makes every decision of the running cluster's controllers again from its log, as the controller that it has would. */
export async function redecide(settings: LauncherSettings): Promise<void> {
  const held = currentClaim(new Home(settings.home).claim);
  if (held === undefined || held.natsUrl === '') throw new LauncherFailure('No cluster runs here.', 'npm run up');
  const { slot, dualStack = settings.dualStack, dockerHost } = held;
  const cluster = new Cluster({ ...settings, slot, dualStack }, (said) => void process.stderr.write(`  ! ${said}\n`));
  if (dockerHost !== undefined) cluster.mode = { kind: 'own-engine', dockerHost };
  cluster.natsUrl = held.natsUrl;
  const { service, instance, env } = controlPlaneSpecs(cluster).controller;
  const main = join(REPOSITORY, 'dist', 'services', service, 'src', 'decide-again.js');
  const child = spawn(process.execPath, ['--enable-source-maps', main, ...process.argv.slice(3)], {
    env: {
      ...process.env,
      ...natsSettings(cluster, { role: 'controller', name: instance }),
      INSTANCE: instance,
      ...env,
    },
    stdio: 'inherit',
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code === 0) return;
  throw new LauncherFailure(
    'Some decisions come to something else now, or none could be made again (see above).',
    'npm run status',
  );
}
