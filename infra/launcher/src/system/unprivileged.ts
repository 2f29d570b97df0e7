import { LauncherFailure } from '../failure';
import { run, succeeds } from './run';
import { isRoot } from './tools';

export interface CommandLine {
  command: string;
  args: readonly string[];
  /** Set when the command runs as another user than this process. */
  user?: { uid: number; gid: number };
}

const CANDIDATES = ['postgres', 'nobody'];

/**
 * The command line that runs a program which refuses to run as root as an ordinary user. Where the repository is in a
 * folder closed to others (/root), that user gets the one capability to pass through it.
 * @param folder that the program works in, beside its own
 */
export async function unprivileged(program: string, args: readonly string[], folder: string): Promise<CommandLine> {
  if (!isRoot()) return { command: program, args };
  const user = await ordinaryUser();
  const base = [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'];
  const reaches = await succeeds('setpriv', [...base, 'test', '-x', program, '-a', '-x', folder]);
  const pass = reaches ? [] : ['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search'];
  return { command: 'setpriv', args: [...base, ...pass, program, ...args], user };
}

async function ordinaryUser(): Promise<{ uid: number; gid: number }> {
  for (const name of CANDIDATES) {
    const line = await run('getent', ['passwd', name]).catch(() => '');
    const [, , uid, gid] = line.split(':');
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new LauncherFailure('There is no ordinary user to run Postgres as.', 'adduser --system --group postgres');
}
