import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { STALLED_EXIT_CODE } from './watchdog';

const ROOT = resolve(__dirname, '../../..');
const WATCHED = `
  require('./dist/libs/service/src/watchdog.js').watchEventLoop({
    limitMs: 1_000, base: { service: 'spec', instance: 'one' }, logger: { warn: console.error } });
`;

interface Line {
  level: number;
  service: string;
  msg: string;
  stacks: string[][];
}

interface Ended {
  code: number | null;
  signal: string | null;
  out: string;
}

/** Runs a program that is watched, with a limit of one second. */
function start(program: string, ...flags: string[]): { child: ChildProcess; ended: Promise<Ended> } {
  return spawned([...flags, '-e', WATCHED + program], {});
}

function spawned(args: string[], env: Record<string, string>): { child: ChildProcess; ended: Promise<Ended> } {
  const options = { cwd: ROOT, env: { PATH: process.env.PATH, ...env } };
  const child = spawn(process.execPath, args, { ...options, stdio: ['ignore', 'pipe', 'ignore'] });
  let out = '';
  child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
  const ended = once(child, 'close').then((how) => {
    const [code, signal] = how as [number | null, string | null];
    return { code, signal, out };
  });
  return { child, ended };
}

/** The watchdog's own line. */
function lineOf({ out }: Ended): Line {
  const lines = out.split('\n').filter((line) => line.includes('stood still'));
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0] ?? '') as Line;
}

describe('a process whose event loop stands still', () => {
  beforeAll(() => promisify(execFile)(process.execPath, ['infra/build.mjs'], { cwd: ROOT }));

  it('in a loop ends with a code of its own, and the log names the function', async () => {
    const ended = await start(`setTimeout(function begin() { (function spinForEver() { while (true); })(); }, 100)`)
      .ended;
    expect(ended.code).toBe(STALLED_EXIT_CODE);
    expect(lineOf(ended)).toMatchObject({ level: 60, service: 'spec', instance: 'one', exitCode: STALLED_EXIT_CODE });
    expect(lineOf(ended).msg).toMatch(/^the event loop has stood still for 1 s, spinForEver \(/);
    expect(lineOf(ended).stacks[0]?.[1]).toMatch(/^begin \(/);
  });

  it('in microtasks that follow on each other for ever: the log names those', async () => {
    const ended = await start(`
      async function goRound() { for (;;) await takeOneStep(); }
      async function takeOneStep() {}
      setTimeout(goRound, 100);`).ended;
    expect(ended.code).toBe(STALLED_EXIT_CODE);
    const named = lineOf(ended).stacks.flat().join('\n');
    expect(named).toContain('goRound (');
    expect(named).toContain('takeOneStep (');
  });

  it('in a call that does not come back to JavaScript is killed, and says that much', async () => {
    const ended = await start(`setTimeout(() => require('node:child_process').execSync('sleep 20'), 100)`).ended;
    expect(ended.signal).toBe('SIGKILL');
    expect(lineOf(ended).msg).toContain('in a call outside of JavaScript');
  });

  it('for less than the limit goes on', async () => {
    const ended = await start(`
      const busy = () => { const until = Date.now() + 500; while (Date.now() < until); };
      setTimeout(busy, 100); setTimeout(busy, 700); setTimeout(() => console.log('fine'), 1_300);`).ended;
    expect(ended).toEqual({ code: 0, signal: null, out: 'fine\n' });
  });

  it('because it was stopped as a whole goes on when it is let', async () => {
    const { child, ended } = start(`setTimeout(() => console.log('fine'), 2_500)`);
    await new Promise((done) => setTimeout(done, 1_000));
    child.kill('SIGSTOP');
    await new Promise((done) => setTimeout(done, 3_000));
    child.kill('SIGCONT');
    expect(await ended).toEqual({ code: 0, signal: null, out: 'fine\n' });
  });

  it('while an inspector is open is left to whoever looks into it', async () => {
    const program = `setTimeout(() => { const until = Date.now() + 2_500; while (Date.now() < until); console.log('fine'); }, 300)`;
    expect(await start(program, '--inspect=127.0.0.1:0').ended).toEqual({ code: 0, signal: null, out: 'fine\n' });
  });

  it('as a service does the same: every service is watched', async () => {
    const spin = `data:text/javascript,setTimeout(function spinForEver() { while (true); }, 4_000)`;
    const args = ['--import', spin, 'dist/services/scheduler/src/main.js'];
    const ended = await spawned(args, { NATS_URL: 'nats://127.0.0.1:9', STALL_LIMIT: '1s', INSTANCE: 'one' }).ended;
    expect(ended.code).toBe(STALLED_EXIT_CODE);
    expect(lineOf(ended)).toMatchObject({ service: 'scheduler', instance: 'one' });
    expect(lineOf(ended).msg).toContain('spinForEver (');
  });
});
