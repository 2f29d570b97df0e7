import 'reflect-metadata';
import { MUTATIONS } from './mutations';
import { runSeed, type Outcome } from './run';

/** What a worker is asked. */
export interface Work {
  readonly seed: number;
  readonly mutation: string | undefined;
}

/** Runs one seed as it is asked for. */
export async function work({ seed, mutation }: Work): Promise<Outcome> {
  const put = mutation === undefined ? undefined : MUTATIONS[mutation];
  const takeOut = put?.install();
  try {
    return await runSeed(seed, put?.users);
  } finally {
    takeOut?.();
  }
}

// Ctrl-C reaches the workers, too: whoever gave them their seed says when it is over.
if (process.send !== undefined) process.on('SIGINT', () => undefined);
process.on('message', (asked: Work) => {
  work(asked).then(
    (outcome) => process.send?.(outcome),
    (error: unknown) => {
      process.stderr.write(
        `seed ${asked.seed}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
      );
      process.exit(2);
    },
  );
});
