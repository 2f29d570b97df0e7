import { join } from 'node:path';
import { build, Program, REPOSITORY } from '@shiplog/testing';

/** Of the machines that check every change; each takes about 1.4 s of one core. */
const SEEDS = 45;
/** In how many seeds a fault that is put back must be found at least once. */
const SEEDS_OF_A_MUTATION = 24;

/** Runs the command, as a user does; resolves with its exit code and what it said. */
async function simulate(...args: string[]): Promise<{ code: number | null; said: string }> {
  const program = Program.start([join(REPOSITORY, 'dist', 'infra', 'simulation', 'src', 'main.js'), ...args]);
  const { code } = await program.ended;
  return { code, said: program.said };
}

describe('the simulation', () => {
  beforeAll(build);

  it(
    `finds nothing in ${SEEDS} seeds`,
    async () => {
      const { code, said } = await simulate('--seeds', String(SEEDS));
      if (code !== 0) throw new Error(said);
    },
    15 * 60_000,
  );

  it(
    'finds every fault when it is put back',
    async () => {
      const { code, said } = await simulate('--mutation', 'all', '--seeds', String(SEEDS_OF_A_MUTATION));
      if (code !== 0) throw new Error(said);
    },
    15 * 60_000,
  );
});
