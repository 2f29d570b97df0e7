import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FollowedProgram, ProgramError, runProgram } from '@shiplog/hostnet';

const MANAGER = ['org.freedesktop.login1', '/org/freedesktop/login1', 'org.freedesktop.login1.Manager'] as const;
/** By its sender: anybody may send signals that look so. */
const MATCH = `type='signal',sender='${MANAGER[0]}',interface='${MANAGER[2]}',member='PrepareForShutdown'`;
/** As Kubernetes' kubelet names it: whichever of them runs here, there is one. */
const SETTINGS = '/etc/systemd/logind.conf.d/99-kubelet.conf';
const HELD = 'held';

/** A lock that delays the machine's shutdown. */
export interface Inhibitor {
  /** Lets the machine go on. */
  release(): void;
  /** Resolves when the lock is gone, for whatever reason. */
  readonly gone: Promise<void>;
}

/** The machine's systemd-logind, by systemd's own programs: it says when the machine is to go down, and waits for a while. */
export class Logind {
  /** @param bus the address of the message bus; default: the system's */
  constructor(
    private readonly who: string,
    private readonly bus = '',
    private readonly settings = SETTINGS,
  ) {}

  /** Hears that the machine begins to go down, and (false) that it does not after all. */
  follow(hear: (isBegun: boolean) => void): Pick<FollowedProgram, 'stop'> {
    return new FollowedProgram(...this.#busctl('--json=short', '--match', MATCH, 'monitor'), (line) => {
      const isBegun = line === undefined ? undefined : readSignal(line);
      if (isBegun !== undefined) hear(isBegun);
    });
  }

  /** Throws ProgramError where there is no logind, or it refuses. */
  async inhibit(): Promise<Inhibitor> {
    const args = ['--what=shutdown', '--mode=delay', `--who=${this.who}`, '--why=Pods end before the machine does'];
    // The lock is held as long as the program runs: it ends with this process at the latest.
    const [program, all] = this.#onBus('systemd-inhibit', ...args, 'sh', '-c', `echo ${HELD}; exec cat > /dev/null`);
    const child = spawn(program, all, { stdio: 'pipe' });
    const gone = new Promise<void>((resolve) => child.once('close', () => resolve()).once('error', () => resolve()));
    await held(child);
    child.unref();
    return { release: () => void child.stdin.end(), gone };
  }

  /** How long it waits for who holds it up, in milliseconds. Throws ProgramError. */
  async longestDelayMs(): Promise<number> {
    const printed = await runProgram(...this.#busctl('get-property', ...MANAGER, 'InhibitDelayMaxUSec'));
    return Number(printed.trim().split(' ')[1] ?? 0) / 1_000;
  }

  /** Has it wait so long, as Kubernetes' kubelet does: five seconds are its default. Throws when it can't be written. */
  async allowDelay(ms: number): Promise<void> {
    await mkdir(dirname(this.settings), { recursive: true });
    await writeFile(this.settings, `# Written by the kubelet\n[Login]\nInhibitDelayMaxSec=${Math.ceil(ms / 1_000)}\n`);
    const systemd = ['org.freedesktop.systemd1', '/org/freedesktop/systemd1', 'org.freedesktop.systemd1.Manager'];
    const unit = ['systemd-logind.service', 'all', '1'];
    await runProgram(...this.#busctl('call', ...systemd, 'KillUnit', 'ssi', ...unit));
  }

  #busctl(...args: string[]): [string, string[]] {
    return this.#onBus('busctl', '--system', ...args);
  }

  #onBus(program: string, ...args: string[]): [string, string[]] {
    return this.bus === '' ? [program, args] : ['env', [`DBUS_SYSTEM_BUS_ADDRESS=${this.bus}`, program, ...args]];
  }
}

/** Resolves when the program says so; throws with what it says instead. */
function held(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr?.on('data', (data: Buffer) => (said += data.toString()));
    child.stdout?.once('data', () => resolve());
    child.stdin?.on('error', () => undefined);
    child.once('error', (error) => reject(new ProgramError('systemd-inhibit', error.message)));
    child.once('close', (code) => reject(new ProgramError('systemd-inhibit', said || `ended with ${String(code)}`)));
  });
}

/** What a signal says; undefined for a line that is none. */
function readSignal(line: string): boolean | undefined {
  try {
    const { payload } = JSON.parse(line) as { payload?: { data?: unknown[] } };
    const [isBegun] = payload?.data ?? [];
    return typeof isBegun === 'boolean' ? isBegun : undefined;
  } catch {
    return undefined;
  }
}
