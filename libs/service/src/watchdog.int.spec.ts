import { setTimeout as wait } from 'node:timers/promises';
import { build, Program, programOf, type Ended } from '@shiplog/testing';
import { STALLED_EXIT_CODE } from './watchdog';

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

/** Runs a program that is watched, with a limit of one second. */
function start(program: string, ...flags: string[]): Program {
  return Program.start([...flags, '-e', WATCHED + program], { PATH: process.env.PATH });
}

/** The watchdog's own line. */
function lineOf({ out }: Ended): Line {
  const lines = out.split('\n').filter((line) => line.includes('stood still'));
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0] ?? '') as Line;
}

describe('a process whose event loop stands still', () => {
  beforeAll(build);

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
    expect(ended).toMatchObject({ code: 0, signal: null, out: 'fine\n' });
  });

  it('because it was stopped as a whole goes on when it is let', async () => {
    const program = start(`setTimeout(() => console.log('fine'), 2_500)`);
    await wait(1_000);
    program.signal('SIGSTOP');
    await wait(3_000);
    program.signal('SIGCONT');
    expect(await program.ended).toMatchObject({ code: 0, signal: null, out: 'fine\n' });
  });

  it('while an inspector is open is left to whoever looks into it', async () => {
    const program = `setTimeout(() => { const until = Date.now() + 2_500; while (Date.now() < until); console.log('fine'); }, 300)`;
    expect(await start(program, '--inspect=127.0.0.1:0').ended).toMatchObject({ code: 0, signal: null, out: 'fine\n' });
  });

  it('as a service does the same: every service is watched', async () => {
    const spin = `data:text/javascript,setTimeout(function spinForEver() { while (true); }, 4_000)`;
    const settings = { NATS_URL: 'nats://127.0.0.1:9', STALL_LIMIT: '1s', INSTANCE: 'one' };
    const ended = await Program.start(['--import', spin, programOf('scheduler')], settings).ended;
    expect(ended.code).toBe(STALLED_EXIT_CODE);
    expect(lineOf(ended)).toMatchObject({ service: 'scheduler', instance: 'one' });
    expect(lineOf(ended).msg).toContain('spinForEver (');
  });
});
