import { execFile } from 'node:child_process';
import { accessSync, chmodSync, chownSync, constants, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { embeddedBinaries } from './binaries';
import { type CommandLine, mayWrite, ordinaryUser, runAs, type SystemUser, unprivileged } from './unprivileged';

const asRoot = process.platform === 'linux' && process.getuid?.() === 0 ? describe : describe.skip;

/** Of nobody on this machine. */
const USER: SystemUser = { uid: 61_399, gid: 61_399 };

const output = async ({ command, args }: CommandLine): Promise<string> =>
  (await promisify(execFile)(command, [...args], { cwd: '/' })).stdout.trim();

describe('the embedded Postgres', () => {
  it('has its programs for this machine, ready to run', async () => {
    const folder = embeddedBinaries() ?? '';
    for (const program of ['initdb', 'postgres', 'pg_ctl'])
      expect(() => accessSync(join(folder, program), constants.X_OK)).not.toThrow();
    const version = await output({ command: join(folder, 'postgres'), args: ['--version'] });
    expect(version).toMatch(/^postgres \(PostgreSQL\) \d+/);
  });
});

asRoot('a program that root runs as an ordinary user', () => {
  let folder: string;
  const at = (...names: string[]) => join(folder, ...names);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'shiplog-user-'));
    chmodSync(folder, 0o711);
    mkdirSync(at('open'), { mode: 0o755 });
    mkdirSync(at('closed'), { mode: 0o700 });
    for (const place of ['open', 'closed']) {
      writeFileSync(at(place, 'program'), '#!/bin/sh\n"$@"\n');
      chmodSync(at(place, 'program'), 0o755);
    }
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is that user, with no group of root’s', async () => {
    const line = await runAs(USER, at('open', 'program'), ['id'], at('open'));
    expect(line.user).toEqual(USER);
    const said = await output(line);
    expect(said).toContain(`uid=${USER.uid} gid=${USER.gid}`);
    expect(said).not.toContain('root');
  });

  it('hands its arguments on word by word', async () => {
    const words = ['a b', '', '$HOME', '--reuid=0', "it's"];
    const line = await runAs(USER, at('open', 'program'), ['printf', '%s|', ...words], at('open'));
    expect(await output(line)).toBe(`${words.join('|')}|`);
  });

  it('gets no capability where it needs none', async () => {
    const line = await runAs(USER, at('open', 'program'), ['cat', '/proc/self/status'], at('open'));
    expect(await output(line)).toMatch(/CapEff:\s0+$/m);
  });

  it('in a folder that is closed to others can be reached and read, and can still write nothing', async () => {
    writeFileSync(at('closed', 'data'), 'read', { mode: 0o600 });
    const run = async (...words: string[]) => output(await runAs(USER, at('closed', 'program'), words, at('closed')));
    expect(await run('cat', at('closed', 'data'))).toBe('read');
    await expect(run('sh', '-c', `echo changed > ${at('closed', 'data')}`)).rejects.toThrow('Permission denied');
    await expect(run('rm', '-f', at('closed', 'data'))).rejects.toThrow('Permission denied');
  });

  it('is let through also when only a file that it has to read is closed', async () => {
    writeFileSync(at('open', 'secret'), 'read', { mode: 0o600 });
    const words = ['cat', at('open', 'secret')];
    await expect(output(await runAs(USER, at('open', 'program'), words, at('open')))).rejects.toThrow();
    expect(await output(await runAs(USER, at('open', 'program'), words, at('open'), at('open', 'secret')))).toBe(
      'read',
    );
  });

  it('such as Postgres, which refuses root, is a user that the machine has', async () => {
    const user = await ordinaryUser();
    expect(user?.uid).toBeGreaterThan(0);
    const line = await unprivileged(at('open', 'program'), ['id', '-u'], at('open'));
    expect(await output(line)).toBe(String(user?.uid));
  });

  it('may write where the folder is its own or open to all, if the way there is', async () => {
    mkdirSync(at('own'), { mode: 0o700 });
    chownSync(at('own'), USER.uid, USER.gid);
    mkdirSync(at('closed', 'own'), { mode: 0o700 });
    chownSync(at('closed', 'own'), USER.uid, USER.gid);
    const answers = await Promise.all(
      ['own', 'open', 'closed', 'closed/own', 'absent'].map((name) => mayWrite(USER, at(name))),
    );
    expect(answers).toEqual([true, false, false, false, false]);
  });
});
