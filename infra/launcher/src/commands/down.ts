import { Home } from '../home';
import { lastClaim, release, runningClaim } from '../launcher-claim';
import { hasEnded, signalProcess } from '../processes/ending';
import { endLeftovers } from '../processes/registry';
import { ProcessRecords } from '../processes/records';
import type { LauncherSettings } from '../settings';
import { refuseForeign, refuseOtherCheckout } from '../slot/slot-claim';

const STOPS_WITHIN_MS = 60_000;

/**
 * Asks the launcher of this cluster to end, and waits until it has.
 * @throws LauncherFailure when nothing of this home runs, and the slot is that of another home's cluster; or when another
 * checkout started it
 */
export async function down(settings: LauncherSettings): Promise<void> {
  const home = new Home(settings.home);
  const held = runningClaim(settings);
  const records = new ProcessRecords(home.records);
  if (held !== undefined || records.alive().length > 0) refuseOtherCheckout(held ?? lastClaim(home.claim));
  if (held === undefined) {
    const left = await endLeftovers(records);
    release({ home, settings: { ...settings, slot: lastClaim(home.claim)?.slot ?? settings.slot } });
    if (left.length === 0) refuseForeign(settings);
    process.stdout.write(left.length === 0 ? '  Nothing runs.\n' : `  ✓ ended ${left.join(', ')}\n`);
    return;
  }
  const since = Date.now();
  signalProcess(held.pid, 'SIGTERM');
  if (!(await hasEnded(held, STOPS_WITHIN_MS))) signalProcess(held.pid, 'SIGKILL');
  await endLeftovers(records);
  release({ home, settings: { ...settings, slot: 'slot' in held ? held.slot : settings.slot } });
  process.stdout.write(`  ✓ stopped (${((Date.now() - since) / 1000).toFixed(1)} s)\n`);
}
