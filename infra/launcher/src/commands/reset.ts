import { existsSync, readdirSync, rmSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { controlSocket } from '../control/control';
import { engineAt } from '../engines/engine-client';
import { removeContainers } from '../engines/stop-containers';
import { LauncherFailure } from '../failure';
import { Home } from '../home';
import { lastClaim } from '../launcher-claim';
import { layoutOf } from '../layout';
import type { LauncherSettings } from '../settings';
import { clearAbandoned, clearSlot, unmountBelow } from '../slot/clear-slot';
import { forgetAbandoned, othersOn, refuseForeign } from '../slot/slot-claim';
import { isRoot } from '../system/tools';
import { down } from './down';

/**
 * Stops the cluster and removes its state, down to namespaces and mounts. The cache of images and packages stays.
 * @throws LauncherFailure, before anything is touched, while another home's cluster uses the slot, or one that another
 * checkout started runs on the home
 */
export async function reset(given: LauncherSettings): Promise<void> {
  // A cluster says itself where it is or was.
  const settings = { ...given, slot: lastClaim(new Home(given.home).claim)?.slot ?? given.slot };
  const owner = refuseForeign(settings);
  if (settings.dockerHost !== undefined) refuseShared(settings.dockerHost, settings.home);
  if (owner.kind === 'abandoned')
    process.stdout.write(
      `  ! what the cluster of ${owner.claim.home}, which no longer runs, left in the slot goes too\n`,
    );
  await down(settings);
  if (settings.dockerHost !== undefined) await removePodsOf(settings.dockerHost);
  const layout = layoutOf(settings);
  if (owner.kind === 'abandoned') {
    await clearAbandoned(layout, owner.claim.home);
    forgetAbandoned(settings);
  } else await clearSlot(layout);
  if (process.platform === 'linux' && isRoot()) await unmountBelow(settings.home);
  rmSync(controlSocket(settings.home), { force: true });
  const kept = keptEntries(settings);
  if (existsSync(settings.home)) {
    for (const entry of readdirSync(settings.home)) {
      if (!kept.includes(entry)) rmSync(join(settings.home, entry), { recursive: true, force: true });
    }
  }
  process.stdout.write(`  ✓ ${settings.home} is empty${kept.length === 0 ? '' : ` but for ${kept.join(' and ')}`}\n`);
}

/** The cache, where it is below the home, and the archives of images that the user has put there. */
function keptEntries({ home, cache }: LauncherSettings): string[] {
  const [first = ''] = relative(home, cache).split('/');
  const { images } = new Home(home);
  const hasArchives = existsSync(images) && readdirSync(images).length > 0;
  return [...(first === '..' || !existsSync(cache) ? [] : [first]), ...(hasArchives ? [basename(images)] : [])];
}

/** Two clusters' pods on one engine cannot be told apart, so they are only removed when no other cluster uses it. */
function refuseShared(dockerHost: string, home: string): void {
  const [other] = othersOn(dockerHost, home);
  if (other === undefined) return;
  throw new LauncherFailure(
    `The cluster of ${other.home} (process ${other.pid}) runs pods on ${dockerHost} too: nothing was touched.`,
    `npm run down where that one was started (SHIPLOG_HOME=${other.home}), or unset DOCKER_HOST to leave the engine alone`,
  );
}

/** Pods' containers carry a label, so that nothing else of the user's engine is touched. */
async function removePodsOf(dockerHost: string): Promise<void> {
  await engineAt(dockerHost).ping();
  await removeContainers(dockerHost, { label: ['io.shiplog.node'] });
}
