import { mkdir, mkdtemp, readdir, readFile, stat, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PersistentShell, runProgram } from '@shiplog/hostnet';
import { FakeRuntime } from '../../runtime/testing/fake-runtime';
import { removeFolder, removeLeftovers } from '../leftovers';
import { NodeMounts } from './node-mounts';

const TMPFS = 0x01021994;

describe("the node's mounts", () => {
  let directory: string;
  let runtime: FakeRuntime;
  let mounts: NodeMounts;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "shiplog-it's mounts-"));
    runtime = new FakeRuntime();
    runtime.isOnThisMachine = true;
    mounts = new NodeMounts(runtime, directory);
  });
  afterEach(async () => {
    await removeFolder(directory, mounts);
    mounts.onApplicationShutdown();
  });
  const typeOf = async (path: string) => (await statfs(path)).type;

  it('are of use where the engine sees them', async () => {
    expect(await mounts.available()).toBe(true);
    runtime.isOnThisMachine = false;
    expect(await mounts.available()).toBe(true);
    expect(await new NodeMounts(runtime, directory).available()).toBe(false);
    expect(await readdir(directory)).toEqual([]);
  });

  it('are tried again when the engine was away', async () => {
    let isAway = true;
    const findsPath = () => (isAway ? Promise.reject(new Error('away')) : Promise.resolve(true));
    const late = new NodeMounts({ findsPath }, directory);
    await expect(late.available()).rejects.toThrow('away');
    isAway = false;
    expect(await late.available()).toBe(true);
    expect(await readdir(directory)).toEqual([]);
  });

  it.each([
    [undefined, 0o777, 0],
    [77, 0o2777, 77],
  ])('in memory are of a size, and for a group: %j', async (gid, mode, owner) => {
    const place = join(directory, 'a');
    await mounts.inMemory(place, { sizeBytes: 8_192, gid });
    await writeFile(join(place, 'kept'), 'x');
    await mounts.inMemory(place, { sizeBytes: 8_192, gid });
    expect(await readFile(join(place, 'kept'), 'utf8')).toBe('x');
    const found = await stat(place);
    expect([found.mode & 0o7777, found.gid, await typeOf(place)]).toEqual([mode, owner, TMPFS]);
    await expect(writeFile(join(place, 'large'), 'x'.repeat(9_000))).rejects.toThrow('ENOSPC');
  });

  it('go before what they are mounted on is removed, and what is mounted stays as it is', async () => {
    const folder = join(directory, 'pods/uid-1');
    const precious = join(directory, 'precious');
    await mkdir(join(folder, 'volumes/host'), { recursive: true });
    await mkdir(precious);
    await writeFile(join(precious, 'file'), 'x');
    await runProgram('mount', ['--bind', precious, join(folder, 'volumes/host')]);
    await mounts.inMemory(join(folder, 'volumes/mem'), { noSwap: true });
    await mounts.inMemory(join(folder, 'volumes/mem/deep'), {});
    await mkdir(join(directory, 'pods/uid-10'));
    await mounts.inMemory(join(directory, 'pods/uid-10/v'), {});
    await removeLeftovers(directory, mounts, (uid) => uid === 'uid-10');
    expect(await readdir(join(directory, 'pods'))).toEqual(['uid-10']);
    expect(await typeOf(join(directory, 'pods/uid-10/v'))).toBe(TMPFS);
    expect(await readFile(join(precious, 'file'), 'utf8')).toBe('x');
  });

  it('stay with what is in them where they can not be taken off', async () => {
    const folder = join(directory, 'pods/uid-1');
    await mounts.inMemory(folder, {});
    await writeFile(join(folder, 'kept'), 'x');
    const shell = new PersistentShell(['env', 'PATH=/nowhere', '/bin/sh']);
    await expect(removeFolder(folder, new NodeMounts(runtime, directory, shell))).rejects.toThrow(
      /uid-1 is still mounted: .*umount: .*not found/,
    );
    shell.close();
    expect(await readFile(join(folder, 'kept'), 'utf8')).toBe('x');
  });
});
