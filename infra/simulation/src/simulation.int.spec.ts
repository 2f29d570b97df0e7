import { execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { MUTATIONS } from './mutations';

const ROOT = join(__dirname, '../../..');
/** Of the machines that check every change; each takes about 0.9 s of one core. */
const SEEDS = 200;
/** In how many seeds a fault that is put back must be found at least once. */
const SEEDS_OF_A_MUTATION = 24;

/** Runs the command, as a user does; resolves with its exit code and what it said. */
function simulate(...args: string[]): Promise<{ code: number | null; said: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(ROOT, 'dist/infra/simulation/src/main.js'), ...args]);
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (said += data.toString()));
    child.on('close', (code) => resolve({ code, said }));
  });
}

describe('the simulation', () => {
  beforeAll(async () => {
    await promisify(execFile)(process.execPath, ['infra/build.mjs'], { cwd: ROOT });
  });

  it(
    `finds nothing in ${SEEDS} seeds`,
    async () => {
      const { code, said } = await simulate('--seeds', String(SEEDS));
      if (code !== 0) throw new Error(said);
    },
    15 * 60_000,
  );

  it.each(Object.keys(MUTATIONS))(
    'finds this fault when it is put back: %s',
    async (mutation) => {
      const args = ['--seeds', String(SEEDS_OF_A_MUTATION), '--first', '--mutation', mutation];
      const { code, said } = await simulate(...args);
      const found = MUTATIONS[mutation]?.found.some((invariant) => said.includes(`✗ ${invariant}: `)) ?? false;
      if (code !== 1 || !found) throw new Error(said);
    },
    5 * 60_000,
  );
});
