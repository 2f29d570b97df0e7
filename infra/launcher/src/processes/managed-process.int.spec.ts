import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@shiplog/testing';
import { identityOf, isAlive } from './identity';
import { ProcessRecords } from './records';
import { endLeftovers, Registry } from './registry';

describe('processes of a cluster', () => {
  const folder = mkdtempSync(join(tmpdir(), 'shiplog-processes-'));
  const records = new ProcessRecords(join(folder, 'run'));
  let told: string[];
  let registry: Registry;

  beforeEach(() => {
    told = [];
    registry = new Registry(records, (sentence) => told.push(sentence));
  });
  afterEach(() => registry.stop(() => undefined));
  afterAll(() => rmSync(folder, { recursive: true }));

  const start = (name: string, script: string, rank = 0, patience = 2_000) =>
    registry.start({ name, command: 'sh', args: ['-c', script], log: join(folder, `${name}.log`), rank, patience });

  it('one that crashes is started again, and the user is told why and when', async () => {
    const managed = start('crasher', 'echo here; exit 7');
    await eventually(() => managed.restarts >= 2);
    expect(told[0]).toContain('crasher ended (exit code 7); starts again in 0.2 s');
    expect(readFileSync(join(folder, 'crasher.log'), 'utf8')).toContain('here\nhere');
  });

  it('a program that does not exist is told like a crash, and stops like any other', async () => {
    registry.start({ name: 'absent', command: '/no/such/program', args: [], log: join(folder, 'absent.log'), rank: 0 });
    await eventually(() => told.length > 0);
    expect(told[0]).toContain('ENOENT');
  });

  it('the higher ranks are stopped first, and one that does not heed is killed', async () => {
    start('low', 'sleep 60 & wait', 1);
    const deaf = start('deaf', 'trap "" TERM; while :; do sleep 0.1; done', 2, 300);
    const { state } = deaf;
    const order: string[] = [];
    await registry.stop((title) => order.push(title));
    expect(order).toEqual(['deaf', 'low']);
    expect(state.kind === 'running' && isAlive(state.identity)).toBe(false);
    expect(() => start('late', 'true')).toThrow('the cluster is stopping');
  });

  it('what a killed launcher left is found by its records and ended', async () => {
    start('left', 'sleep 60 & wait', 3);
    expect(records.alive().map((record) => record.name)).toEqual(['left']);
    expect(await endLeftovers(records)).toEqual(['left']);
    expect(records.alive()).toEqual([]);
  });

  it('a log is its owner’s alone, also one of before', async () => {
    writeFileSync(join(folder, 'open.log'), '', { mode: 0o644 });
    start('open', 'echo told');
    const spec = { name: 'new', command: 'true', args: [], log: join(folder, 'made', 'new.log'), rank: 0 };
    registry.start(spec);
    await eventually(() => readFileSync(join(folder, 'open.log'), 'utf8').includes('told'));
    const modeOf = (...path: string[]) => statSync(join(folder, ...path)).mode & 0o777;
    expect([modeOf('open.log'), modeOf('made'), modeOf('made', 'new.log')]).toEqual([0o600, 0o700, 0o600]);
  });

  it('a log stays within its bound while its process runs and writes on', async () => {
    const largest = 64 * 1024;
    const bounded = new Registry(records, (sentence) => told.push(sentence), largest);
    const log = join(folder, 'chatty.log');
    const script = 'i=0; while :; do i=$((i+1)); echo "line $i of many that say nothing"; done';
    const managed = bounded.start({ name: 'chatty', command: 'sh', args: ['-c', script], log, rank: 0 });
    const numbers = (path: string) =>
      [...readFileSync(path, 'utf8').matchAll(/^line (\d+) of/gm)].map((m) => Number(m[1]));
    try {
      await eventually(() => existsSync(`${log}.1`));
      const [earlier] = numbers(`${log}.1`);
      await eventually(() => numbers(`${log}.1`)[0]! > earlier!);
    } finally {
      await bounded.stop(() => undefined);
    }
    expect(managed.restarts).toBe(0);
    expect(statSync(`${log}.1`).size).toBe(largest);
    // Stopped between two files, the newer one holds nothing yet.
    expect(numbers(log)[0] ?? Infinity).toBeGreaterThan(numbers(`${log}.1`).at(-1)!);
    expect(statSync(`${log}.1`).mode & 0o777).toBe(0o600);
    expect(told).toEqual([]);
  });

  it('a record of a number that another process has by now is nobody', () => {
    const own = identityOf(process.pid)!;
    records.write({ name: 'reused', rank: 0, pid: own.pid, started: 'another boot/1' });
    expect(records.alive()).toEqual([]);
    expect(isAlive(own)).toBe(true);
  });
});
