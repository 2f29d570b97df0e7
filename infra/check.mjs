// The static checks, those that need a whole core at once beside each other: on two cores a third faster than in turn.
import { spawn } from 'node:child_process';

/** Keyed by each file's content and the formatter's version and options, so that a hit proves as much as a run. */
const CACHE = ['--cache', '--cache-strategy', 'content'];

const CHECKS = [
  ['node_modules/eslint/bin/eslint.js', '.'],
  ['node_modules/typescript/bin/tsc', '-p', '.'],
  ['node_modules/prettier/bin/prettier.cjs', '--check', '.', '--log-level', 'warn', ...CACHE],
  ['contracts/generate.mjs', '--check'],
  ['contracts/asyncapi.mjs', '--check'],
];

/** Output is kept until the check ends, so that two checks' lines don't mix. */
function run(args) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => chunks.push(chunk));
    child.on('close', (code) => {
      process.stdout.write(Buffer.concat(chunks));
      if (code !== 0) process.stdout.write(`failed: ${args.join(' ')}\n`);
      resolve(code === 0);
    });
  });
}

const [lint, ...others] = CHECKS;
const inTurn = async () => {
  const passed = [];
  for (const args of others) passed.push(await run(args));
  return passed.every(Boolean);
};
const passed = await Promise.all([run(lint), inTurn()]);
process.exitCode = passed.every(Boolean) ? 0 : 1;
