import { spawn, type ChildProcess } from 'node:child_process';
import { basename, dirname, join, resolve } from 'node:path';
import type { Bus } from '@shiplog/bus';
import { Health, type HealthReport } from '@shiplog/contracts';
import { eventually } from './eventually';

const TOP = resolve(__dirname, '../../..');
/** The repository, also for what runs compiled. */
export const REPOSITORY = basename(TOP) === 'dist' ? dirname(TOP) : TOP;
/** Characters of a program's output that are kept, the last ones. */
const KEPT = 1_000_000;

/** How a program ended, and what it said. */
export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  out: string;
  err: string;
}

/** The compiled program of a service: what it starts with, or another by its path below the service's `src`. */
export function programOf(service: string, program = 'main'): string {
  return join(REPOSITORY, 'dist', 'services', service, 'src', `${program}.js`);
}

/** Compiles what changed: what tests start and kill runs compiled, as it does for users. Throws with what is wrong. */
export async function build(): Promise<void> {
  const { code, out, err } = await Program.start([join(REPOSITORY, 'infra', 'build.mjs')]).ended;
  if (code !== 0) throw new Error(`the build ended with ${code}: ${out}${err}`);
}

/**
 * A Node program in a process of its own, in the repository's folder. It ends with the test that started it, at the
 * latest. With `SHOW_LOGS` set, what it says is shown too.
 */
export class Program {
  /** Resolves when it has ended and all that it said was read. */
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  #out = '';
  #err = '';

  protected constructor(args: readonly string[], env: NodeJS.ProcessEnv) {
    const child = spawn(process.execPath, args, { cwd: REPOSITORY, env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    child.stdout.setEncoding('utf8').on('data', (text: string) => (this.#out = kept(this.#out, text)));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#err = kept(this.#err, text)));
    const endWithTest = (): void => void child.kill('SIGKILL');
    process.once('exit', endWithTest);
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        process.removeListener('exit', endWithTest);
        resolve({ code, signal, out: this.#out, err: this.#err });
      });
    });
  }

  /** @param args of Node: the program's file, or flags and `-e` */
  static start(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Program {
    return new Program(args, env);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** What it has said so far, on both outputs. */
  get said(): string {
    return this.#out + this.#err;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Sends the signal, if it still runs; resolves when it has ended. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    if (this.isRunning) this.signal(signal);
    return await this.ended;
  }
}

/** A service in a process of its own, of which a bus is asked how it is. */
export class ServiceProcess extends Program {
  private constructor(
    readonly service: string,
    readonly instance: string,
    env: Record<string, string>,
    main: string,
  ) {
    const level = process.env['LOG_LEVEL'] ?? 'warn';
    super([main], { ...process.env, LOG_LEVEL: level, ...env, INSTANCE: instance });
  }

  /**
   * @param env its settings, beside those that this process has
   * @param main its program, where that is not the service's own
   */
  static run(
    service: string,
    instance: string,
    env: Record<string, string>,
    main = programOf(service),
  ): ServiceProcess {
    return new ServiceProcess(service, instance, env, main);
  }

  /** What it answers; throws when it does not within half a second. */
  health(bus: Bus): Promise<HealthReport> {
    return bus.ask(Health, {}, { service: this.service, instance: this.instance }, { timeoutMs: 500 });
  }

  /** Resolves when it says that it is ready; throws what it said when it ended before. */
  async ready(bus: Bus, options: { timeoutMs?: number } = {}): Promise<void> {
    const look = async () => (this.isRunning ? (await this.health(bus)).ready : 'ended');
    const seen = await eventually(look, { everyMs: 20, ...options });
    if (seen === 'ended') throw new Error(`${this.service} ended before it was ready: ${this.said}`);
  }
}

function kept(said: string, text: string): string {
  if (process.env['SHOW_LOGS'] !== undefined) process.stderr.write(text);
  return (said + text).slice(-KEPT);
}
