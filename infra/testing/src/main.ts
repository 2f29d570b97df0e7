import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { settingsFrom } from '../../launcher/src/settings';
import { toolPath } from '../../launcher/src/system/run';
import { folderOf } from '../../launcher/src/system/debian';
import { ensureTools, hasApt, isRoot } from '../../launcher/src/system/tools';

/** How many tests passed and failed; a suite that could not run counts as a failed test. */
interface Count {
  passed: number;
  failed: number;
}

const PROJECTS = ['unit', 'int', 'e2e'] as const;
/** What integration and end-to-end tests call, and the Debian package that brings it. */
const TOOLS = {
  ip: 'iproute2',
  nft: 'nftables',
  conntrack: 'conntrack',
  dockerd: 'docker.io',
  containerd: 'containerd',
  runc: 'runc',
  curl: 'curl',
  openssl: 'openssl',
};

/** Runs every kind of check and test, all of them also after a failure, and ends with one line that counts. */
async function main(): Promise<void> {
  const path = await prepareTools();
  const counts: Count[] = [await check(path)];
  for (const project of PROJECTS) if (canRun(project)) counts.push(await jest(project, path));
  const total = counts.reduce((sum, count) => ({
    passed: sum.passed + count.passed,
    failed: sum.failed + count.failed,
  }));
  process.stdout.write(`\n${total.passed} passed, ${total.failed} failed\n`);
  process.exit(total.failed === 0 ? 0 : 1);
}

/** End-to-end tests make network namespaces and run Docker engines in them. */
function canRun(project: (typeof PROJECTS)[number]): boolean {
  if (project !== 'e2e' || (process.platform === 'linux' && isRoot())) return true;
  heading('end-to-end tests are not run: they need Linux and root (sudo npm test)');
  return false;
}

/** Installs the programs that tests call; answers a PATH that has them all. */
async function prepareTools(): Promise<string> {
  const say = (text: string): void => void process.stdout.write(`  ${text}\n`);
  if (process.platform === 'linux' && isRoot()) await ensureTools(TOOLS, 'tests call them', say);
  const { cache } = settingsFrom(process.env);
  const folders: (string | undefined)[] = [];
  if (hasApt()) {
    folders.push(await folderOf('nats-server', 'nats-server', 'usr/sbin/nats-server', cache));
    folders.push(await folderOf('busybox', 'busybox-static', 'bin/busybox', cache));
    folders.push(await folderOf('kubectl', 'kubernetes-client', 'usr/bin/kubectl', cache));
  }
  return [...folders.filter((folder) => folder !== undefined), toolPath()].join(delimiter);
}

async function check(path: string): Promise<Count> {
  heading('check: types, lint, format, generated files');
  const code = await runToEnd('npm', ['run', '--silent', 'check'], path);
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

async function jest(project: (typeof PROJECTS)[number], path: string): Promise<Count> {
  heading(`${project} tests`);
  const folder = mkdtempSync(join(tmpdir(), 'shiplog-test-'));
  const report = join(folder, 'report.json');
  // A socket that a test of real parts forgot to close must not hold up the whole run: what counts is the report.
  const inBand = project === 'unit' ? [] : ['--runInBand', '--forceExit'];
  const args = ['jest', '--selectProjects', project, '--json', '--outputFile', report, ...inBand];
  try {
    const code = await runToEnd('npx', args, path);
    return countOf(report, code);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A runner that wrote no report failed as a whole. */
function countOf(report: string, code: number | null): Count {
  try {
    const result = JSON.parse(readFileSync(report, 'utf8')) as {
      numPassedTests: number;
      numFailedTests: number;
      numRuntimeErrorTestSuites: number;
    };
    const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
    return { passed: result.numPassedTests, failed: failed === 0 && code !== 0 ? 1 : failed };
  } catch {
    return { passed: 0, failed: 1 };
  }
}

async function runToEnd(command: string, args: readonly string[], path: string): Promise<number | null> {
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, PATH: path } });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}

function heading(title: string): void {
  process.stdout.write(`\n=== ${title}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(
    `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n\n0 passed, 1 failed\n`,
  );
  process.exit(1);
});
