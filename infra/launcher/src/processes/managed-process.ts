import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, rmSync } from 'node:fs';
import { toolPath } from '../system/run';
import { countFailure, restartDelay } from './backoff';
import { endProcess } from './ending';
import { identityOf, type ProcessIdentity } from './identity';
import { openLog } from './log-files';
import type { ProcessRecords } from './records';

/** How to run one process of the cluster. */
export interface ProcessSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** File that its output is appended to. */
  readonly log: string;
  /** Processes of a higher rank are stopped first. */
  readonly rank: number;
  /** What asks it to end. Default SIGTERM. */
  readonly stopSignal?: NodeJS.Signals;
  /** Milliseconds that it gets to end after being asked. */
  readonly patience?: number;
  /** The process file of the program itself, removed before each start: a killed one's blocks its successor. */
  readonly pidFile?: string;
}

export type ProcessState =
  | { kind: 'running'; identity: ProcessIdentity; since: number }
  | { kind: 'waiting'; failures: number; reason: string }
  | { kind: 'stopped' };

/** A child process that is started again, with growing delays, whenever it ends unasked. */
export class ManagedProcess {
  state: ProcessState = { kind: 'stopped' };
  restarts = 0;
  private child: ChildProcess | undefined;
  private failures = 0;
  private wanted = false;
  private timer: NodeJS.Timeout | undefined;

  /** @param tell is given a sentence whenever the process ends unasked */
  constructor(
    readonly spec: ProcessSpec,
    private readonly records: ProcessRecords,
    private readonly tell: (sentence: string) => void,
  ) {}

  start(): void {
    this.wanted = true;
    if (this.spec.pidFile !== undefined) rmSync(this.spec.pidFile, { force: true });
    const log = openLog(this.spec.log);
    // In a session of its own: a terminal's Ctrl-C must reach the launcher alone, which then stops all in order.
    const child = spawn(this.spec.command, [...this.spec.args], {
      cwd: this.spec.cwd,
      env: { ...process.env, PATH: toolPath(), ...this.spec.env },
      stdio: ['ignore', log, log],
      detached: true,
    });
    closeSync(log);
    this.child = child;
    const since = Date.now();
    child.once('error', (error) => this.ended(child, since, error.message));
    child.once('exit', (code, signal) => this.ended(child, since, signal ?? `exit code ${code}`));
    const identity = child.pid === undefined ? undefined : identityOf(child.pid);
    if (identity === undefined) return;
    this.state = { kind: 'running', identity, since };
    const { name, rank, stopSignal } = this.spec;
    this.records.write({ name, rank, stopSignal, ...identity });
  }

  /** Ends it for good. */
  async stop(): Promise<void> {
    clearTimeout(this.timer);
    this.wanted = false;
    const { state } = this;
    this.state = { kind: 'stopped' };
    if (state.kind === 'running') {
      await endProcess(state.identity, { signal: this.spec.stopSignal, patience: this.spec.patience ?? 5_000 });
    }
    this.records.remove(this.spec.name);
  }

  private ended(child: ChildProcess, since: number, reason: string): void {
    if (this.child !== child || !this.wanted) return;
    this.child = undefined;
    this.failures = countFailure(this.failures, Date.now() - since);
    const delay = restartDelay(this.failures);
    this.state = { kind: 'waiting', failures: this.failures, reason };
    this.tell(`${this.spec.name} ended (${reason}); starts again in ${delay / 1000} s; its log is ${this.spec.log}`);
    this.timer = setTimeout(() => {
      this.restarts += 1;
      this.start();
    }, delay);
  }
}
