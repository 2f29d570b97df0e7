import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeRuntime } from '../runtime/testing/fake-runtime';
import { container, pod } from '../testing/builders';
import { writeAtomically } from './atomic-files';
import type { Pod } from '../domain/pod';
import { prepareHostPath } from './host-path';
import { removeLeftovers } from './leftovers';
import { NodeMounts } from './mounts/node-mounts';
import type { PlannedVolume } from './plan/planned-volume';
import { DiskPodFiles } from './pod-files';

const DNS = { clusterDns: [], clusterDomain: 'cluster.local', resolvConf: 'nameserver 192.0.2.53\n' };

describe('files of pods', () => {
  let directory: string;
  beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'shiplog-files-'))));
  afterEach(() => rm(directory, { recursive: true, force: true }));
  const filesOf = (of: Pod = pod(), runtime = new FakeRuntime()) =>
    new DiskPodFiles(directory, of, runtime, new NodeMounts(runtime, directory), false);
  const file = (path: string, text: string, mode = 0o644) => ({ path, mode, content: Buffer.from(text) });

  it('change all at once, without leftovers', async () => {
    await writeAtomically(directory, [file('a', '1'), file('sub/b', '2', 0o400)], undefined);
    expect(await readFile(join(directory, 'sub/b'), 'utf8')).toBe('2');
    expect((await stat(join(directory, 'sub/b'))).mode & 0o777).toBe(0o400);
    await writeAtomically(directory, [file('a', '3')], undefined);
    expect(await readFile(join(directory, 'a'), 'utf8')).toBe('3');
    expect((await readdir(directory)).sort()).toEqual([await readlink(join(directory, '..data')), '..data', 'a']);
  });

  it('are left alone by the next kubelet when they are as they should be', async () => {
    const written = async () => (await stat(join(directory, 'a'), { bigint: true })).ctimeNs;
    await writeAtomically(directory, [file('a', '1')], undefined);
    const before = await written();
    await writeAtomically(directory, [file('a', '1')], undefined);
    expect(await written()).toBe(before);
  });

  it('are written after a kubelet that died while it wrote', async () => {
    await writeAtomically(directory, [file('a', '1')], undefined);
    await symlink('..two', join(directory, '..data_tmp'));
    await writeAtomically(directory, [file('a', '2')], undefined);
    expect(await readFile(join(directory, 'a'), 'utf8')).toBe('2');
  });

  it('are whole also when two ask for them at once', async () => {
    const files = filesOf();
    const volume = (text: string): PlannedVolume => ({
      kind: 'files',
      name: 'conf',
      files: [file('x', text)],
      inMemory: false,
    });
    await Promise.all(['1', '2', '2', '3'].map((text) => files.prepareVolumes([volume(text)])));
    expect(await readFile(join(directory, 'pods/uid-1/volumes/conf/x'), 'utf8')).toBe('3');
  });

  it('are mounted where the container asks, and its own /etc files where it does not', async () => {
    const files = filesOf();
    await files.prepare(DNS);
    const volumes: PlannedVolume[] = [
      { kind: 'directory', name: 'data' },
      { kind: 'files', name: 'conf', files: [file('x', '1')], inMemory: false },
    ];
    await files.prepareVolumes(volumes);
    const volumeMounts = [
      { name: 'data', mountPath: '/data', subPath: 'made/here' },
      { name: 'conf', mountPath: '/etc/hosts', subPath: 'x' },
    ];
    const item = container({ volumeMounts, terminationMessagePath: '/dev/termination-log' });
    const mounts = await files.mounts(item, 0, volumes, (text) => text);
    expect(mounts.map((mount) => mount.target)).toEqual([
      '/data',
      '/etc/hosts',
      '/etc/hostname',
      '/etc/resolv.conf',
      '/dev/termination-log',
    ]);
    expect(mounts[0]).toMatchObject({ source: join(directory, 'pods/uid-1/volumes/data/made/here'), readOnly: false });
    expect(mounts[1]?.readOnly).toBe(true);
    expect(await readFile(mounts[1]?.source ?? '', 'utf8')).toBe('1');
    await files.remove();
    expect(await readdir(join(directory, 'pods'))).toEqual([]);
  });

  it.each([
    [undefined, 0o777, process.getgid?.()],
    [77, 0o2777, 77],
  ])('have sub-paths with the mode and group of their volume, for fsGroup %j', async (fsGroup, mode, gid) => {
    const files = filesOf(pod({ securityContext: { fsGroup } }));
    const volumes: PlannedVolume[] = [{ kind: 'directory', name: 'data' }];
    await files.prepareVolumes(volumes);
    const item = container({ volumeMounts: [{ name: 'data', mountPath: '/data', subPath: 'a/b' }] });
    const before = process.umask(0o077);
    await files.mounts(item, 0, volumes, (text) => text).finally(() => process.umask(before));
    for (const path of ['a', 'a/b']) {
      const made = await stat(join(directory, 'pods/uid-1/volumes/data', path));
      expect([made.mode & 0o7777, made.gid]).toEqual([mode, gid]);
    }
  });

  it('make nothing outside of a volume, wherever a symbolic link in it leads', async () => {
    const files = filesOf();
    const volumes: PlannedVolume[] = [{ kind: 'directory', name: 'data' }];
    await files.prepareVolumes(volumes);
    await mkdir(join(directory, 'other'));
    await symlink(join(directory, 'other'), join(directory, 'pods/uid-1/volumes/data/out'));
    const item = container({ volumeMounts: [{ name: 'data', mountPath: '/data', subPath: 'out/made' }] });
    await expect(files.mounts(item, 0, volumes, (text) => text)).rejects.toThrow(
      'failed to create subPath directory for volumeMount "data" of container "main"',
    );
    expect(await readdir(join(directory, 'other'))).toEqual([]);
  });

  it('refuse a sub-path that a symbolic link leads out of its volume', async () => {
    const files = filesOf();
    const volumes: PlannedVolume[] = [{ kind: 'directory', name: 'data' }];
    await files.prepareVolumes(volumes);
    await symlink('/etc', join(directory, 'pods/uid-1/volumes/data/out'));
    const item = container({ volumeMounts: [{ name: 'data', mountPath: '/data', subPath: 'out' }] });
    await expect(files.mounts(item, 0, volumes, (text) => text)).rejects.toThrow(
      'failed to prepare subPath for volumeMount "data" of container "main"',
    );
  });

  it('have a directory for a sub-path that no key is', async () => {
    const files = filesOf();
    const volume = (text: string): PlannedVolume => ({
      kind: 'files',
      name: 'conf',
      files: [file('x', text)],
      inMemory: false,
    });
    await files.prepareVolumes([volume('1')]);
    const item = container({ volumeMounts: [{ name: 'conf', mountPath: 'conf', subPath: 'y' }] });
    const [mount] = await files.mounts(item, 0, [volume('1')], (text) => text);
    expect(mount).toMatchObject({
      target: '/conf',
      source: join(directory, 'pods/uid-1/volumes/conf/y'),
      readOnly: true,
    });
    await files.prepareVolumes([volume('2')]);
    expect(await readFile(join(directory, 'pods/uid-1/volumes/conf/x'), 'utf8')).toBe('2');
    expect((await stat(join(directory, 'pods/uid-1/volumes/conf/y'))).isDirectory()).toBe(true);
  });

  it('of memory are mounted in parts from where the engine has them', async () => {
    const runtime = new FakeRuntime();
    const files = filesOf(pod({ securityContext: { fsGroup: 77 } }), runtime);
    const volumes: PlannedVolume[] = [{ kind: 'memory', name: 'mem', sizeBytes: 1_000 }];
    await files.prepareVolumes(volumes);
    expect([...runtime.volumes]).toEqual([['shiplog-uid-1-mem', { podUid: 'uid-1', sizeBytes: 1_000, gid: 77 }]]);
    runtime.memoryVolumePath = () => Promise.resolve(directory);
    const item = container({ volumeMounts: [{ name: 'mem', mountPath: '/m', subPath: 'a' }] });
    expect((await files.mounts(item, 0, volumes, (text) => text))[0]).toMatchObject({ source: join(directory, 'a') });
  });

  it('can not be read-only with all that is mounted below them', async () => {
    const files = filesOf();
    const item = container({
      volumeMounts: [{ name: 'data', mountPath: '/d', readOnly: true, recursiveReadOnly: 'Enabled' }],
    });
    await expect(files.mounts(item, 0, [{ kind: 'directory', name: 'data' }], (text) => text)).rejects.toThrow(
      'failed to resolve recursive read-only mode: volume "data" requested recursive read-only mode, but it is not supported by the runtime',
    );
  });

  it('keep the end of a long termination message', async () => {
    const files = filesOf();
    const item = container({ terminationMessagePath: 'message' });
    const mounts = await files.mounts(item, 0, [], (text) => text);
    const mount = mounts.find(({ target }) => target === '/message');
    await writeFile(mount?.source ?? '', `${'x'.repeat(5_000)}end`);
    const message = await files.readMessage('main', 0);
    expect([message.length, message.slice(-4)]).toEqual([4_096, 'xend']);
    expect(await files.readMessage('main', 1)).toBe('');
    await mkdir(join(directory, 'pods/uid-1/containers/main/2.message'));
    expect(await files.readMessage('main', 2)).toMatch(/^Error on reading termination log .*2.message: .*EISDIR/);
  });

  it('are neither made nor removed for a pod whose uid leads elsewhere', async () => {
    await mkdir(join(directory, 'pods'));
    await mkdir(join(directory, 'precious'));
    for (const uid of ['../precious', '..', '', 'a/b', '.']) {
      const files = filesOf(pod({}, {}, { uid }));
      await expect(files.prepare(DNS)).rejects.toThrow("the pod's uid must be letters, digits and dashes");
      await expect(files.prepareVolumes([{ kind: 'directory', name: 'data' }])).rejects.toThrow("the pod's uid");
      await files.remove();
    }
    expect((await readdir(directory)).sort()).toEqual(['pods', 'precious']);
    expect(await readdir(join(directory, 'precious'))).toEqual([]);
  });

  it('are not made for volumes and containers whose names lead elsewhere', async () => {
    const files = filesOf();
    await files.prepare(DNS);
    await expect(files.prepareVolumes([{ kind: 'directory', name: '../../out' }])).rejects.toThrow('part of a path');
    const item = container({ name: '../../../out', terminationMessagePath: '/dev/termination-log' });
    await expect(files.mounts(item, 0, [], (text) => text)).rejects.toThrow('part of a path');
    expect(await readdir(directory)).toEqual(['pods']);
  });

  it('of the node are what the volume says they are', async () => {
    await expect(prepareHostPath(join(directory, 'no'), 'Directory')).rejects.toThrow('is not a directory');
    await prepareHostPath(join(directory, 'made'), 'DirectoryOrCreate');
    await prepareHostPath(join(directory, 'file'), 'FileOrCreate');
    const deep = join(directory, 'deep/file');
    await expect(prepareHostPath(deep, 'FileOrCreate')).rejects.toThrow(`open ${deep}: no such file or directory`);
    await expect(prepareHostPath(join(directory, 'made'), 'File')).rejects.toThrow('is not a file');
    for (const [type, name] of [
      ['Socket', 'socket file'],
      ['CharDevice', 'character device'],
      ['BlockDevice', 'block device'],
    ] as const)
      await expect(prepareHostPath(join(directory, 'made'), type)).rejects.toThrow(`made is not a ${name}`);
  });

  it('of pods that are gone do not stay', async () => {
    await mkdir(join(directory, 'pods/old/x'), { recursive: true });
    await mkdir(join(directory, 'pods/known'));
    await chmod(join(directory, 'pods/old'), 0o500);
    await removeLeftovers(directory, new NodeMounts(new FakeRuntime(), directory), (uid) => uid === 'known');
    expect(await readdir(join(directory, 'pods'))).toEqual(['known']);
  });
});
