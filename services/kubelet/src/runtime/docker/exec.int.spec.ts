import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Duplex } from 'node:stream';
import type Docker from 'dockerode';
import { execIn } from './exec';

const CONTAINER = 'c0ffee'.padEnd(64, '0');

/** An engine on another machine, whose command never ends and has the number of some process here. */
function engineElsewhere(pid: number): Docker {
  const exec = {
    start: () => Promise.resolve(new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() })),
    inspect: () => Promise.resolve({ Running: true, Pid: pid, ExitCode: null }),
  };
  return { getContainer: () => ({ exec: () => Promise.resolve(exec) }) } as unknown as Docker;
}

describe('a command that takes too long', () => {
  let bystander: ChildProcess;
  beforeEach(() => {
    bystander = spawn('sleep', ['60']);
  });
  afterEach(async () => {
    if (bystander.exitCode !== null || bystander.signalCode !== null) return;
    const ended = once(bystander, 'exit');
    bystander.kill();
    await ended;
  });

  it('is not killed by a number that is another process on this machine', async () => {
    const kill = jest.spyOn(process, 'kill');
    const result = await execIn(engineElsewhere(bystander.pid ?? 0), CONTAINER, ['sleep', '60'], 50);
    expect(result).toEqual({ exitCode: -1, output: '', timedOut: true });
    expect(kill).not.toHaveBeenCalled();
    kill.mockRestore();
  });

  it.each([0, 4_194_303])('is left alone when its number (%d) is nobody’s here', async (pid) => {
    await expect(execIn(engineElsewhere(pid), CONTAINER, ['sleep'], 50)).resolves.toMatchObject({ timedOut: true });
  });
});
