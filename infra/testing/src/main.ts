import { mkdtempSync, readFileSync, rmSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { REPOSITORY } from '../../launcher/src/settings';
import { isRoot } from '../../launcher/src/system/tools';
import { LANES } from './lanes';
import { prepareTools } from './tools';

/** How many tests passed and failed; a suite that could not run counts as a failed test. */
interface Count {
  passed: number;
  failed: number;
}

const NONE: Count = { passed: 0, failed: 0 };

const PROJECTS = ['unit', 'int', 'e2e'] as const;
/** Connections are closed and processes are reaped by then. */
const ENDS_WITHIN_MS = 60_000;
type Project = (typeof PROJECTS)[number];

/**
 * Runs every kind of check and test, all of them also after a failure, and ends with one line that counts. With words: the tests of
 * one kind only, below the paths that follow it.
 */
async function main(): Promise<void> {
  const [only, ...paths] = process.argv.slice(2);
  const chosen = PROJECTS.filter((project) => only === undefined || project === only);
  if (chosen.length === 0) throw new Error(`"${only}" is no kind of tests; there are ${PROJECTS.join(', ')}`);
  const path = await prepareTools();
  const counts: Count[] = only === undefined ? [await check(path)] : [];
  for (const project of chosen) counts.push(canRun(project) ? await jest(project, path, paths) : NONE);
  const { passed, failed } = total(counts);
  process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
  process.exit(failed === 0 ? 0 : 1);
}

function total(counts: readonly Count[]): Count {
  return counts.reduce(
    (sum, count) => ({ passed: sum.passed + count.passed, failed: sum.failed + count.failed }),
    NONE,
  );
}

/** End-to-end tests make network namespaces and run Docker engines in them. */
function canRun(project: Project): boolean {
  if (project !== 'e2e' || (process.platform === 'linux' && isRoot())) return true;
  heading('end-to-end tests are not run: they need Linux and root (sudo npm test)');
  return false;
}

async function check(path: string): Promise<Count> {
  heading('check: types, lint, format, generated files');
  const code = await runToEnd('npm', ['run', '--silent', 'check'], path);
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

async function jest(project: Project, path: string, paths: readonly string[]): Promise<Count> {
  heading(`${project} tests`);
  const runs = project === 'int' && paths.length === 0 ? LANES : [paths];
  return total(await Promise.all(runs.map((args) => runJest(project, path, args))));
}

async function runJest(project: Project, path: string, chosen: readonly string[]): Promise<Count> {
  const folder = mkdtempSync(join(tmpdir(), 'shiplog-test-'));
  const report = join(folder, 'report.json');
  const inBand = project === 'unit' ? [] : ['--runInBand'];
  const program = join(REPOSITORY, 'node_modules', 'jest', 'bin', 'jest.js');
  const args = [program, '--selectProjects', project, '--json', '--outputFile', report, ...inBand, ...chosen];
  try {
    const child = start(process.execPath, args, path);
    const unwatch = endAfter(report, child);
    const [code] = (await once(child, 'exit')) as [number | null];
    unwatch();
    return countOf(report, code);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A runner that does not end with its last test has something open that a test forgot: that is a failure, and no hang. */
function endAfter(report: string, runner: ChildProcess): () => void {
  let late: NodeJS.Timeout | undefined;
  const watcher = watch(dirname(report), () => {
    late ??= setTimeout(() => {
      heading(`tests left something open: their process did not end within ${ENDS_WITHIN_MS / 1_000} s`);
      runner.kill('SIGKILL');
    }, ENDS_WITHIN_MS);
  });
  return () => {
    clearTimeout(late);
    watcher.close();
  };
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
  const [code] = (await once(start(command, args, path), 'exit')) as [number | null];
  return code;
}

function start(command: string, args: readonly string[], path: string): ChildProcess {
  return spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, PATH: path } });
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
