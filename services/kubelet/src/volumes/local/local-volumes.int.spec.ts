import { mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeRuntime } from '../../runtime/testing/fake-runtime';
import { NodeMounts } from '../mounts/node-mounts';
import { LocalVolumes } from './local-volumes';

describe('directories of volumes on a node', () => {
  let stateDir: string;
  let mounts: NodeMounts;
  let unused: Promise<void>;
  let volumes: LocalVolumes;
  beforeEach(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'shiplog-it-local-'));
    mounts = new NodeMounts(new FakeRuntime(), stateDir);
    unused = Promise.resolve();
    volumes = new LocalVolumes({ stateDir }, mounts, { unused: () => unused });
  });
  afterEach(async () => {
    mounts.onApplicationShutdown();
    await rm(stateDir, { recursive: true, force: true });
  });

  it('are for everybody to write in, and are made once', async () => {
    const path = await volumes.make('pvc-1');
    expect(path).toBe(join(stateDir, 'local-volumes', 'pvc-1'));
    expect((await stat(path)).mode & 0o7777).toBe(0o777);
    await writeFile(join(path, 'kept'), 'x');
    expect(await volumes.make('pvc-1')).toBe(path);
    expect(await readdir(path)).toEqual(['kept']);
  });

  it('go with all that is in them, and nothing else does', async () => {
    const path = await volumes.make('pvc-1');
    const other = await volumes.make('pvc-2');
    await mkdir(join(path, 'a/b'), { recursive: true });
    await symlink(other, join(path, 'a/link'));
    await writeFile(join(other, 'kept'), 'x');
    await Promise.all([volumes.remove('pvc-1'), volumes.remove('pvc-1')]);
    await volumes.remove('pvc-1');
    expect(await readdir(join(stateDir, 'local-volumes'))).toEqual(['pvc-2']);
    expect(await readdir(other)).toEqual(['kept']);
  });

  it('go if they are empty, where only that is asked for', async () => {
    const [empty, filled] = [await volumes.make('pvc-1'), await volumes.make('pvc-2')];
    await writeFile(join(filled, 'kept'), 'x');
    for (const name of ['pvc-1', 'pvc-1', 'pvc-2']) await volumes.removeEmpty(name);
    await expect(stat(empty)).rejects.toThrow('ENOENT');
    expect(await readdir(filled)).toEqual(['kept']);
    await expect(volumes.removeEmpty('..')).rejects.toMatchObject({ status: { code: 400 } });
  });

  it.each(['..', '.', 'a/b', '../pods', '', '/etc'])('are none of the name %j', async (name) => {
    await expect(volumes.make(name)).rejects.toMatchObject({ status: { code: 400 } });
    await expect(volumes.remove(name)).rejects.toMatchObject({ status: { code: 400 } });
    expect(await readdir(stateDir)).toEqual([]);
  });

  it('stay where a link leads elsewhere', async () => {
    const elsewhere = join(stateDir, 'elsewhere');
    await mkdir(join(stateDir, 'local-volumes'));
    await mkdir(elsewhere);
    await writeFile(join(elsewhere, 'kept'), 'x');
    await symlink(elsewhere, join(stateDir, 'local-volumes', 'pvc-1'));
    await volumes.remove('pvc-1');
    expect(await readdir(elsewhere)).toEqual(['kept']);
    await expect(volumes.make('pvc-1')).rejects.toThrow('EEXIST');
  });

  it('stay as long as a pod has them', async () => {
    const path = await volumes.make('pvc-1');
    unused = Promise.reject(new Error('timeout'));
    await expect(volumes.remove('pvc-1')).rejects.toThrow('a pod of the node still has it');
    let gone = (): void => undefined;
    unused = new Promise((resolve) => (gone = resolve));
    const removed = volumes.remove('pvc-1');
    expect((await stat(path)).isDirectory()).toBe(true);
    gone();
    await removed;
    await expect(stat(path)).rejects.toThrow('ENOENT');
  });
});
