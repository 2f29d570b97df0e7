import { existsSync, lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { refusalOf } from '../testing/refusal';
import { dependencyClosure, folderOf, programFromPackage } from './debian';
import { run } from './run';
import { hasApt } from './tools';

(hasApt() ? describe : describe.skip)('a Debian package that is used without being installed', () => {
  const cache = mkdtempSync(join(tmpdir(), 'shiplog-debian-'));
  afterAll(() => rmSync(cache, { recursive: true }));

  it('gives the program that is asked for, which runs; the next time nothing is fetched', async () => {
    const program = await programFromPackage('busybox-static', 'bin/busybox', cache);
    expect(await run(program, ['echo', 'here'])).toBe('here\n');
    rmSync(join(cache, 'debs'), { recursive: true });
    expect(await programFromPackage('busybox-static', 'bin/busybox', cache)).toBe(program);
    expect(existsSync(join(cache, 'debs'))).toBe(false);
  });

  it('is unpacked as Debian is: /bin and its like are links into /usr', () => {
    const root = join(cache, 'packages', 'busybox-static');
    expect(['bin', 'sbin', 'lib', 'lib64'].filter((name) => !lstatSync(join(root, name)).isSymbolicLink())).toEqual([]);
    expect(readdirSync(join(root, 'usr', 'bin'))).toContain('busybox');
  });

  it('that lacks the program says so, and how to have it all the same', async () => {
    expect(await refusalOf(() => programFromPackage('busybox-static', 'bin/nothing', cache))).toBe(
      "Debian's package busybox-static has no bin/nothing. → sudo apt-get install -y busybox-static",
    );
  });

  it('is not asked for what the machine has', async () => {
    expect(await folderOf('sh', 'no-such-package', 'bin/sh', cache)).toBeUndefined();
  });

  it('comes with what it depends on, as far as that is wanted, and once', async () => {
    const all = await dependencyClosure(['redis-server', 'redis-tools'], /^(lib|redis)/);
    expect(all.slice(0, 2)).toEqual(['redis-server', 'redis-tools']);
    expect(all).toContain('libc6');
    expect(all.every((name) => /^(lib|redis)/.test(name))).toBe(true);
    expect(new Set(all).size).toBe(all.length);
    expect(await dependencyClosure(['redis-tools'], /^nothing$/)).toEqual(['redis-tools']);
  });
});
