import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bus } from '@shiplog/bus';
import { eventually, ServiceProcess } from '@shiplog/testing';
import { PROBE_FILE, type Reading } from './probe';

const PATIENCE_MS = 300_000;

/** A service in a process of its own, whose memory and turns can be read from outside. */
export class ProbedService {
  private constructor(
    readonly name: string,
    private readonly process: ServiceProcess,
    private readonly file: string,
  ) {}

  /** @param directory for its readings */
  static run(name: string, directory: string, env: Record<string, string>): ProbedService {
    const file = join(directory, `${name}.json`);
    const probe = { [PROBE_FILE]: file, NODE_OPTIONS: `--require=${join(__dirname, 'probe.js')}` };
    return new ProbedService(name, ServiceProcess.run(name, 'measured', { ...env, ...probe }), file);
  }

  ready(bus: Bus): Promise<void> {
    return this.process.ready(bus, { timeoutMs: PATIENCE_MS });
  }

  /** What it holds now, and its longest turn since the reading before. */
  async read(): Promise<Reading> {
    await rm(this.file, { force: true });
    this.process.signal('SIGUSR2');
    return eventually(async () => JSON.parse(await readFile(this.file, 'utf8')) as Reading, { timeoutMs: PATIENCE_MS });
  }

  async stop(): Promise<void> {
    await this.process.stop('SIGTERM');
  }
}
