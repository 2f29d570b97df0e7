import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unmountBelow } from '../slot/clear-slot';
import { mountPointsBelow } from '../system/mounts';
import { run } from '../system/run';
import { isRoot } from '../system/tools';
import { resolverOf } from './resolver';

(process.platform === 'linux' && isRoot() ? describe : describe.skip)('names inside a minion', () => {
  const folder = mkdtempSync(join(tmpdir(), 'shiplog-names-'));
  const at = (name: string): string => join(folder, name);
  const shared = at('shared');

  beforeAll(async () => {
    // As all mounts are where systemd runs.
    await run('mount', ['--bind', folder, folder]);
    await run('mount', ['--make-shared', folder]);
    mkdirSync(at('etc'));
    writeFileSync(at('stub'), 'nameserver 127.0.0.53\n');
    // As systemd-resolved has it on Ubuntu.
    symlinkSync(at('stub'), at('etc/resolv.conf'));
    writeFileSync(at('upstream'), 'nameserver 192.0.2.1\n');
  });
  afterAll(async () => {
    await unmountBelow(folder);
    await run('umount', [folder]);
    rmSync(folder, { recursive: true });
  });

  const files = { system: at('etc/resolv.conf'), upstream: at('upstream') };
  const within = async (script: string): Promise<string> => {
    const [command = '', ...args] = await resolverOf({ runDir: folder }, shared, files);
    return run(command, [...args, 'sh', '-c', script]);
  };

  it('are asked for at the servers that this machine’s resolver asks; to all others it stays as it was', async () => {
    expect(await within(`cat ${files.system}`)).toBe('nameserver 192.0.2.1\n');
    expect(await run('cat', [files.system])).toBe('nameserver 127.0.0.53\n');
    expect(mountPointsBelow(folder)).toEqual([shared]);
  });

  it('are no reason that what an engine mounts is not seen by who starts containers there', async () => {
    await within(`mkdir ${shared}/merged && mount -t tmpfs none ${shared}/merged`);
    expect(mountPointsBelow(shared)).toEqual([`${shared}/merged`]);
    expect(await within(`umount ${shared}/merged && echo seen`)).toBe('seen\n');
    expect(mountPointsBelow(shared)).toEqual([]);
  });

  it('are asked for as everywhere where the servers can be reached', async () => {
    expect(await resolverOf({ runDir: folder }, shared, { system: at('upstream') })).toEqual([]);
  });
});
