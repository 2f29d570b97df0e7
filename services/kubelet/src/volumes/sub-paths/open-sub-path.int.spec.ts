import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
  chmod,
  type FileHandle,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram } from '@shiplog/hostnet';
import { descriptorPath, openSubPath } from './open-sub-path';
import { stepsOf } from './sub-path-problem';

describe('a path inside a volume', () => {
  let directory: string;
  let volume: string;
  const open: FileHandle[] = [];
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'shiplog-subpath-'));
    volume = join(directory, 'volume');
    await mkdir(join(volume, 'real/deep'), { recursive: true });
    await writeFile(join(volume, 'real/file'), 'inside');
    await mkdir(join(directory, 'outside'));
    await writeFile(join(directory, 'outside/file'), 'outside');
    await chmod(volume, 0o2777);
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((handle) => handle.close()));
    await rm(directory, { recursive: true, force: true });
  });

  /** Where the descriptor leads, as other processes see it. */
  const opened = async (subPath: string): Promise<string> => {
    const handle = await openSubPath(volume, stepsOf(subPath));
    open.push(handle);
    return (await runProgram('readlink', [descriptorPath(handle)])).trim().replace(volume, '');
  };

  it.each([
    ['', ''],
    ['./real//deep/', '/real/deep'],
    ['real/file', '/real/file'],
    ['new/of/three', '/new/of/three'],
    ['..data', '/..data'],
  ])('is found, or made: %j', async (subPath, found) => {
    expect(await opened(subPath)).toBe(found);
  });

  it('is made with the mode of the volume', async () => {
    const before = process.umask(0o077);
    await opened('real/made/here').finally(() => process.umask(before));
    for (const path of ['real/made', 'real/made/here'])
      expect((await stat(join(volume, path))).mode & 0o7777).toBe(0o2777);
    expect((await stat(join(volume, 'real'))).mode & 0o777).toBe(0o755);
  });

  it('goes through links that stay in the volume', async () => {
    await symlink('real', join(volume, 'current'));
    await symlink(join(volume, 'real/deep'), join(volume, 'absolute'));
    expect(await opened('current/file')).toBe('/real/file');
    expect(await opened('absolute/made')).toBe('/real/deep/made');
  });

  it.each([
    ['../outside', 'link'],
    ['../outside', 'link/file'],
    ['../outside', 'link/made'],
    ['/', 'link/etc'],
    ['nowhere', 'link'],
    ['nowhere', 'link/made'],
    ['link', 'link'],
    ['real/file', 'link/made'],
    ['..', 'link'],
    ['/proc/self/cwd', 'link/made'],
  ])('is refused, and nothing is made, where a link leads to %j: %j', async (target, subPath) => {
    await symlink(target, join(volume, 'link'));
    await expect(opened(subPath)).rejects.toThrow();
    expect(await readdir(join(directory, 'outside'))).toEqual(['file']);
    expect((await readdir(volume)).sort()).toEqual(['link', 'real']);
    expect(await readFile(join(volume, 'real/file'), 'utf8')).toBe('inside');
  });

  it('is not waited for where it is a pipe that nobody writes to', async () => {
    await runProgram('mkfifo', [join(volume, 'pipe')]);
    expect(await opened('pipe')).toBe('/pipe');
    await expect(opened('pipe/made')).rejects.toThrow('ENOTDIR');
  });
});
