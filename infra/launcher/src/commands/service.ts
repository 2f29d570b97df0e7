import { askControl, CONTROL_VERBS, type ControlVerb } from '../control/control';
import { LauncherFailure } from '../failure';
import { Home } from '../home';
import { currentClaim } from '../launcher-claim';
import type { LauncherSettings } from '../settings';

/** Stops, starts or restarts one process of the running cluster: a fault to try, or a changed service to run. */
export async function service(settings: LauncherSettings, verb: string, name: string): Promise<void> {
  const known = CONTROL_VERBS.find((each) => each === verb);
  if (known === undefined)
    throw new LauncherFailure(`"${verb}" is not among ${CONTROL_VERBS.join(', ')}.`, 'npm run service stop nats');
  if (currentClaim(new Home(settings.home).claim) === undefined)
    throw new LauncherFailure('No cluster runs.', 'npm start');
  const answer = await askControl(settings.home, { verb: known satisfies ControlVerb, name });
  if (!answer.ok) throw new LauncherFailure(`${name}: ${answer.reason}.`, 'npm run status');
  process.stdout.write(`  ✓ ${verb} ${name}\n`);
}
