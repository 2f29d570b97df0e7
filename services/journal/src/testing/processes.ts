import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Bus } from '@shiplog/bus';
import { Health, type HealthReport } from '@shiplog/contracts';
import { eventually } from '@shiplog/testing';

const TOP = join(__dirname, '../../../..');
/** Of the repository, also for what runs compiled. */
export const ROOT = basename(TOP) === 'dist' ? dirname(TOP) : TOP;

/** Compiles what changed; the journals that tests kill run as processes of their own. */
export async function build(): Promise<void> {
  await promisify(execFile)(process.execPath, ['infra/build.mjs'], { cwd: ROOT });
}

/** A journal in a process of its own, for tests that kill it. */
export class JournalProcess {
  private constructor(
    readonly instance: string,
    private readonly child: ChildProcess,
    private readonly bus: Bus,
  ) {}

  static start(instance: string, bus: Bus, env: Record<string, string>): JournalProcess {
    const child = spawn(process.execPath, [join(ROOT, 'dist/services/journal/src/main.js')], {
      env: { ...process.env, ...env, INSTANCE: instance, LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'fatal' },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    return new JournalProcess(instance, child, bus);
  }

  health(): Promise<HealthReport> {
    return this.bus.ask(Health, {}, { service: 'journal', instance: this.instance }, { timeoutMs: 300 });
  }

  /** Resolves when this one is the active journal. */
  async active({ timeoutMs }: { timeoutMs?: number } = {}): Promise<void> {
    await eventually(async () => (await this.health()).ready, { everyMs: 20, timeoutMs });
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill(signal);
    await once(this.child, 'exit');
  }
}
