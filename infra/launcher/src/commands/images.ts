import { join } from 'node:path';
import { Cluster } from '../cluster';
import { findEngine } from '../engines/find-engine';
import { engineAt } from '../engines/engine-client';
import { LauncherFailure } from '../failure';
import { provideComposeAccess } from '../images/compose-access';
import { IMAGES, SERVICE_BASE, STORE_IMAGES } from '../images/catalogue';
import { dockerImages } from '../images/image-store';
import { provideImage } from '../images/provide-images';
import { buildServiceImages, SERVICES } from '../images/service-images';
import type { LauncherSettings } from '../settings';

/** Prepares docker-compose.dev.yml: every image on the user's engine, and the files that let its services and its user in. */
export async function images(settings: LauncherSettings): Promise<void> {
  const say = (text: string): void => void process.stdout.write(`  ${text}\n`);
  const dockerHost = settings.dockerHost ?? (await findEngine());
  if (dockerHost === undefined) {
    throw new LauncherFailure('No Docker engine answers on this machine.', 'Start one, or set DOCKER_HOST.');
  }
  const engine = engineAt(dockerHost);
  for (const row of [SERVICE_BASE, ...STORE_IMAGES, ...IMAGES])
    await provideImage([dockerImages(engine)], row, settings.cache, say);
  await buildServiceImages(engine, SERVICES, settings.slot, say);
  const access = new Cluster({ ...settings, home: join(settings.home, 'compose'), apiPort: 6443 }, say);
  say(`✓ ${await provideComposeAccess(access)}`);
  say('✓ docker compose -f docker-compose.dev.yml up');
}
