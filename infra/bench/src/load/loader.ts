import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Job, Order, Outcomes, Report } from './jobs';

/** A watch that runs in a load process until it is asked what it saw. */
export interface RunningWatch {
  stop(): Promise<Outcomes['watch']>;
}

interface Settle {
  resolve(report: Report): void;
  reject(error: Error): void;
}

interface Settle {
  resolve(report: Report): void;
  reject(error: Error): void;
}

/** A load process: does jobs one after another. */
export class Loader {
  readonly #child: ChildProcess;
  #settle: Settle | undefined;

  constructor() {
    this.#child = fork(join(__dirname, 'main.js'), { serialization: 'advanced' });
    this.#child.on('message', (report: Report) => this.#heard((settle) => settle.resolve(report)));
    this.#child.on('exit', (code) =>
      this.#heard((settle) => settle.reject(new Error(`a load process ended (${code})`))),
    );
  }

  /** Runs a job to its end. Throws what broke it. */
  async run<J extends Job>(job: J): Promise<Outcomes[J['kind']]> {
    return this.#outcome(await this.#order({ kind: 'job', job })) as Outcomes[J['kind']];
  }

  /** Begins a watch; resolves once every watcher is answered. */
  async watch(job: Extract<Job, { kind: 'watch' }>): Promise<RunningWatch> {
    const report = await this.#order({ kind: 'job', job });
    if (report.kind !== 'ready') this.#outcome(report);
    return { stop: async () => this.#outcome(await this.#order({ kind: 'stop' })) as Outcomes['watch'] };
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill();
    await ended;
  }

  #order(order: Order): Promise<Report> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#child.send(order);
    });
  }

  #outcome(report: Report): Outcomes[Job['kind']] {
    if (report.kind === 'done') return report.outcome;
    throw new Error(report.kind === 'failed' ? report.reason : 'a load process reported out of turn');
  }

  #heard(how: (settle: Settle) => void): void {
    const settle = this.#settle;
    this.#settle = undefined;
    if (settle !== undefined) how(settle);
  }
}
