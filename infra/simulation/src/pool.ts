import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { Outcome } from './run';
import type { Work } from './worker';

/** Seeds that one worker runs before another takes its place: what a process gathers in memory goes with it. */
const SEEDS_OF_A_WORKER = 100;

/** Runs seeds in processes of their own, several at a time: virtual time is that of a whole process. */
export class Pool {
  /** Calls back for each seed, as it is done. Rejects when a run can't be made. */
  async run(next: () => Work | undefined, jobs: number, done: (outcome: Outcome, work: Work) => void): Promise<void> {
    await Promise.all(Array.from({ length: jobs }, () => this.#lane(next, done)));
  }

  async #lane(next: () => Work | undefined, done: (outcome: Outcome, work: Work) => void): Promise<void> {
    for (let work = next(); work !== undefined;) {
      const child = fork(join(__dirname, 'worker.js'), { execArgv: ['--enable-source-maps'] });
      try {
        for (let i = 0; i < SEEDS_OF_A_WORKER && work !== undefined; i++, work = next())
          done(await ask(child, work), work);
      } finally {
        child.kill();
      }
    }
  }
}

function ask(child: ChildProcess, work: Work): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error(`seed ${work.seed} could not be run`));
    child.once('exit', ended);
    child.once('message', (outcome) => {
      child.off('exit', ended);
      resolve(outcome as Outcome);
    });
    child.send(work);
  });
}
