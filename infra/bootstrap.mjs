// What `npm start` and its sisters run: it needs nothing but Node, makes the rest ready (npm packages, compiled
// code), and then hands over, in the same process, to the program asked for:  node infra/bootstrap.mjs <command> …
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const LEAST_NODE = [20, 19];
/** Commands that have a program of their own; all others are the launcher's. */
const PROGRAMS = {
  test: 'infra/testing/src/main.js',
  bench: 'infra/bench/src/main.js',
  linearizability: 'infra/linearizability/src/main.js',
  fuzz: 'infra/fuzz/src/main.js',
  simulate: 'infra/simulation/src/main.js',
  measure: 'infra/measure/src/main.js',
};

/** Stops with a sentence that says what is wrong and what would put it right. */
function fail(sentence, fix) {
  console.error(`\n  ✗ ${sentence}\n    ${fix}\n`);
  process.exit(1);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1])) return;
  fail(
    `Shiplog needs Node ${LEAST_NODE.join('.')} or later; this is ${process.version}.`,
    'Install a newer one: https://nodejs.org',
  );
}

/** Whether node_modules holds exactly what package-lock.json names (by content: times say nothing after a checkout). */
function packagesAreInstalled() {
  const installedLock = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installedLock)) return false;
  const installed = JSON.parse(readFileSync(installedLock, 'utf8')).packages;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(wanted).every(
    ([path, row]) =>
      path === '' || row.optional || row.devOptional || row.peer || installed[path]?.version === row.version,
  );
}

function installPackages() {
  const since = Date.now();
  console.log('  Installing npm packages (once; about a minute) …');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const done = spawnSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root, stdio: 'inherit' });
  if (done.status !== 0) fail('The npm packages could not be installed (npm said why, above).', `cd ${root} && npm ci`);
  console.log(`  ✓ npm packages (${((Date.now() - since) / 1000).toFixed(1)} s)`);
}

checkNode();
process.chdir(root);
if (!packagesAreInstalled()) installPackages();
const { build } = await import('./build.mjs');
await build();

const [command = 'start', ...rest] = process.argv.slice(2);
const program = PROGRAMS[command];
process.argv = [
  process.argv[0],
  join(root, 'infra/bootstrap.mjs'),
  ...(program === undefined ? [command] : []),
  ...rest,
];
process.setSourceMapsEnabled(true);
createRequire(import.meta.url)(join(root, 'dist', program ?? 'infra/launcher/src/main.js'));
