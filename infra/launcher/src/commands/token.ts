import { askControl } from '../control/control';
import { LauncherFailure } from '../failure';
import { Home } from '../home';
import { currentClaim } from '../launcher-claim';
import type { LauncherSettings } from '../settings';

/** Prints the command by which one machine joins the running cluster. */
export async function token(settings: LauncherSettings, minutes: string): Promise<void> {
  const answer = await askLauncher(settings, 'token', minutes);
  process.stdout.write(
    `\n  On the machine that is to join, as root, in this repository (good for ${minutes} minutes, once):\n\n` +
      `npm run join -- ${answer}\n\n`,
  );
}

/** Takes the credentials of a machine that joined. */
export async function forget(settings: LauncherSettings, node: string): Promise<void> {
  await askLauncher(settings, 'forget', node);
  process.stdout.write(
    `  ✓ ${node} has no credentials any more; kubectl delete node ${node} takes it off the cluster\n`,
  );
}

async function askLauncher(settings: LauncherSettings, verb: 'token' | 'forget', name: string): Promise<string> {
  if (currentClaim(new Home(settings.home).claim) === undefined)
    throw new LauncherFailure('No cluster runs here.', 'npm start');
  const answer = await askControl(settings.home, { verb, name });
  if (!answer.ok) throw new LauncherFailure(`${answer.reason}.`, 'npm run status');
  return answer.text ?? '';
}
