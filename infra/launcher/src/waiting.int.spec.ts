import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { freePort as anyPort } from '@shiplog/testing';
import { ProcessRecords } from './processes/records';
import { Registry } from './processes/registry';
import { freePort, portIsFree } from './system/ports';
import { CommandFailed, run, succeeds, toolPath } from './system/run';
import { ensureTools, findTool } from './system/tools';
import { refusalOf } from './testing/refusal';
import { lastLines, waitUntil } from './waiting';

describe('waiting for what a process brings about', () => {
  const folder = mkdtempSync(join(tmpdir(), 'shiplog-waiting-'));
  const registry = new Registry(new ProcessRecords(join(folder, 'run')), () => undefined);
  const start = (name: string, script: string) =>
    registry.start({ name, command: 'sh', args: ['-c', script], log: join(folder, `${name}.log`), rank: 0 });
  afterAll(async () => {
    await registry.stop(() => undefined);
    rmSync(folder, { recursive: true });
  });

  it('ends with the first answer', async () => {
    let asked = 0;
    const answer = await waitUntil(
      () => {
        asked += 1;
        if (asked === 1) throw new Error('not yet');
        return Promise.resolve(asked < 3 ? undefined : asked);
      },
      { name: 'The third time', within: 5_000 },
    );
    expect(answer).toBe(3);
  });

  it('ends with what was last said when time is up, and the end of the log, fit for a terminal', async () => {
    const quiet = start('quiet', String.raw`printf 'one\n\033[31mtwo\033[0m\n'; sleep 300`);
    const refused = () => Promise.reject(new Error('connection refused'));
    const refusal = await refusalOf(() => waitUntil(refused, { name: 'NATS', within: 500, process: quiet }));
    expect(refusal).toContain('NATS was not ready within 0.5 s: connection refused. Its log ends:\n    one\n    two\n');
    expect(refusal).toContain(`→ tail -50 ${join(folder, 'quiet.log')}`);
  });

  it('ends early when the process ends again and again', async () => {
    const broken = start('broken', 'echo port in use; exit 3');
    const never = () => Promise.resolve(undefined);
    const refusal = await refusalOf(() => waitUntil(never, { name: 'The api', within: 60_000, process: broken }));
    expect(refusal).toContain('The api does not start: exit code 3. Its log ends:');
    expect(refusal).toContain('port in use');
  });

  it('shows the last lines only, and nothing where there is no log', () => {
    const quiet = registry.get('quiet');
    writeFileSync(join(folder, 'quiet.log'), 'a\nb\nc\n');
    expect(lastLines(quiet, 2)).toBe('Its log ends:\n    b\n    c\n');
    rmSync(join(folder, 'quiet.log'));
    expect([lastLines(quiet), lastLines(undefined)]).toEqual(['', '']);
  });
});

describe('a command', () => {
  it('is given its input and environment, and answers what it printed', async () => {
    expect(await run('sh', ['-c', 'cat; echo "$A $LC_ALL"'], { input: 'in\n', env: { A: 'b' } })).toBe('in\nb C\n');
  });

  it('that fails is told with its line, its code and the end of what it said', async () => {
    const failing = run('sh', ['-c', 'for i in 1 2 3 4 5 6; do echo line $i >&2; done; exit 4']);
    const error = await failing.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CommandFailed);
    expect((error as Error).message).toMatch(/^sh -c .* failed \(4\): line 3 \| line 4 \| line 5 \| line 6$/s);
  });

  it('that fails is told with what it said in either way', async () => {
    const failing = run('sh', ['-c', 'echo the reason; for i in 1 2 3 4 5; do echo line $i >&2; done; exit 1']);
    await expect(failing).rejects.toMatchObject({
      message: expect.stringMatching(/failed \(1\): the reason \| line 2 \| line 3 \| line 4 \| line 5$/s) as string,
      output: 'the reason\nline 1\nline 2\nline 3\nline 4\nline 5',
    });
  });

  it('that does not read its input, is not there, or takes too long fails by itself, not by a broken pipe', async () => {
    expect(await run('true', [], { input: 'x'.repeat(1 << 20) })).toBe('');
    await expect(run('/no/such/program', [])).rejects.toThrow('ENOENT');
    await expect(run('sleep', ['300'], { timeout: 100 })).rejects.toThrow('failed (SIGTERM)');
    expect([await succeeds('true', []), await succeeds('false', [])]).toEqual([true, false]);
  });

  it('is found in the folders of system tools too, each looked through once', () => {
    const folders = toolPath().split(':');
    expect(folders).toEqual(expect.arrayContaining(['/usr/sbin', '/sbin']));
    expect(new Set(folders).size).toBe(folders.length);
    expect([findTool('sh')?.endsWith('/sh'), findTool('no-such-tool')]).toEqual([true, undefined]);
  });

  it('that is there is not installed', async () => {
    const said: string[] = [];
    await ensureTools({ sh: 'no-such-package' }, 'scripts need it', (text) => said.push(text));
    expect(said).toEqual([]);
  });
});

describe('a port', () => {
  it('is the wanted one while it is free, and another when somebody has it', async () => {
    const wanted = await anyPort();
    expect(await freePort(wanted, '127.0.0.1')).toBe(wanted);
    const server = createServer().listen(wanted, '127.0.0.1');
    await once(server, 'listening');
    const other = await freePort(wanted, '127.0.0.1');
    expect([await portIsFree(wanted, '127.0.0.1'), await portIsFree(other, '127.0.0.1')]).toEqual([false, true]);
    server.close();
  });
});
