// The static checks, two at a time.
import { spawn } from 'node:child_process';

/** Keyed by each file's content and the formatter's version and options, so that a hit proves as much as a run. */
const CACHE = ['--cache', '--cache-strategy', 'content'];

/** The longest first, so that both cores are done at the same time. */
const CHECKS = [
  ['node_modules/prettier/bin/prettier.cjs', '--check', '.', '--log-level', 'warn', ...CACHE],
  ['node_modules/eslint/bin/eslint.js', '.'],
  ['node_modules/oxlint/bin/oxlint', '--type-aware', '.'],
  ['node_modules/typescript/bin/tsc', '-p', '.'],
  ['contracts/asyncapi.mjs', '--check'],
  ['contracts/generate.mjs', '--check'],
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

const waiting = [...CHECKS];
let passed = true;
const lane = async () => {
  for (let args = waiting.shift(); args !== undefined; args = waiting.shift()) passed = (await run(args)) && passed;
};
await Promise.all([lane(), lane()]);
process.exitCode = passed ? 0 : 1;
