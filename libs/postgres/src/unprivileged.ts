import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

export interface CommandLine {
  command: string;
  args: readonly string[];
  /** Set when the command runs as another user than this process. */
  user?: SystemUser;
}

export interface SystemUser {
  uid: number;
  gid: number;
}

const CANDIDATES = ['postgres', 'nobody'];
/** Without the securebit, access(2), by which initdb looks for `postgres`, would not heed the capability. */
const PASS_THROUGH = [
  '--securebits=+no_setuid_fixup',
  '--inh-caps=+dac_read_search',
  '--ambient-caps=+dac_read_search',
];

/**
 * The command line that runs a program which refuses to run as root (Postgres does) as an ordinary user. Throws when
 * root has no ordinary user to lend.
 * @param folder that the program works in, beside its own
 */
export async function unprivileged(program: string, args: readonly string[], folder: string): Promise<CommandLine> {
  const user = await ordinaryUser();
  return user === undefined ? { command: program, args } : runAs(user, program, args, folder);
}

/**
 * The command line by which root runs a program as another user. Where the program or its folder is closed to others,
 * as in a checkout below /root, that user gets the one capability to pass through.
 * @param readable a file that the program has to read
 */
export async function runAs(
  user: SystemUser,
  program: string,
  args: readonly string[],
  folder: string,
  readable?: string,
): Promise<CommandLine> {
  const base = become(user);
  const reads = readable === undefined ? [] : ['-a', '-r', readable];
  const reaches = await succeeds('setpriv', [...base, 'test', '-x', program, '-a', '-x', folder, ...reads]);
  const pass = reaches ? [] : PASS_THROUGH;
  return { command: 'setpriv', args: [...base, ...pass, program, ...args], user };
}

/** Whom root lends to programs that refuse to run as root; undefined when this process is no root. Throws when there is none. */
export async function ordinaryUser(): Promise<SystemUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of CANDIDATES) {
    const line = await execute('getent', ['passwd', name]).then(({ stdout }) => stdout, notThere);
    const [, , uid, gid] = line.split(':');
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error('there is no ordinary user to run Postgres as; `adduser --system --group postgres` makes one');
}

/** Whether a user can get to a folder and make files in it. For root to ask. */
export function mayWrite(user: SystemUser, folder: string): Promise<boolean> {
  return succeeds('setpriv', [...become(user), 'test', '-w', folder, '-a', '-x', folder]);
}

function become({ uid, gid }: SystemUser): string[] {
  return [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
}

/** getent ends with an error for a user that does not exist. */
const notThere = (): string => '';

function succeeds(command: string, args: readonly string[]): Promise<boolean> {
  return execute(command, [...args]).then(
    () => true,
    () => false,
  );
}
