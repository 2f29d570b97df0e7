import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram } from '@shiplog/hostnet';
import { eventually } from '@shiplog/testing';
import type { Pod } from '../domain/pod';
import { BUSYBOX } from '../testing/test-engine';
import { containerOf, shell, TestNode } from '../testing/test-node';

describe('volumes on a real engine', () => {
  let node: TestNode;
  beforeAll(async () => {
    node = await TestNode.start();
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'keys' }, data: { key: btoa('s3cret') } };
    await node.create(secret, 'secrets');
  });
  afterAll(() => node.stop());

  const idOf = (pod?: Pod): string => (pod && containerOf(pod).containerID?.replace('docker://', '')) ?? '';
  const run = (name: string, script: string) => node.run(name, script);
  const mountsOf = (uid: string) => node.mountsOf(uid);
  const uidOf = (name: string) => node.uidOf(name);

  describe('in memory', () => {
    const spec = {
      securityContext: { runAsUser: 1000, fsGroup: 2000 },
      volumes: [
        { name: 'mem', emptyDir: { medium: 'Memory', sizeLimit: '64Ki' } },
        { name: 'keys', secret: { secretName: 'keys', defaultMode: 0o400 } },
      ],
      containers: [
        {
          name: 'main',
          volumeMounts: [
            { name: 'mem', mountPath: '/mem' },
            { name: 'keys', mountPath: '/keys' },
          ],
        },
      ],
    };

    it('are of the size, mode and group that the pod asks for', async () => {
      await node.pod('mem', spec);
      expect(await run('mem', 'stat -c "%a %u:%g" /mem; mount | grep -oE " /(mem|keys) type tmpfs" | sort')).toBe(
        '2777 0:2000\n /keys type tmpfs\n /mem type tmpfs',
      );
      expect(
        await run('mem', 'echo kept > /mem/f; stat -c "%a %u:%g" /mem/f; cat /keys/key; stat -Lc %a%g /keys/key'),
      ).toBe('644 1000:2000\ns3cret4402000');
      expect(await run('mem', 'head -c 100000 /dev/zero > /mem/large 2> /dev/null; stat -c %s /mem/large')).toBe(
        '61440',
      );
      expect(await node.engine.docker('volume', 'ls', '-q')).toBe('');
    });

    it('keep what is in them when the container, the kubelet and the engine are started again', async () => {
      const before = await mountsOf(uidOf('mem'));
      await node.stopKubelet();
      await node.engine.pause('SIGTERM');
      await node.engine.resume();
      await node.startKubelet();
      expect(await run('mem', 'cat /mem/f')).toBe('kept');
      await node.engine.docker('kill', idOf(node.get('mem')));
      await node.until('mem', (pod) => containerOf(pod).restartCount === 1);
      expect(await run('mem', 'cat /mem/f')).toBe('kept');
      expect(await mountsOf(uidOf('mem'))).toEqual(before);
    });

    it('are gone with the pod, also after the engine was started again', async () => {
      const uid = uidOf('mem');
      await node.delete('mem');
      await node.untilGone('mem');
      expect(await mountsOf(uid)).toEqual([]);
      await eventually(async () => (await readdir(join(node.stateDir, 'pods'))).length === 0);
    });

    it('of pods that went while no kubelet was there are gone with the next one', async () => {
      await node.pod('left', spec);
      await node.untilReady('left');
      const uid = uidOf('left');
      await node.stopKubelet();
      await node.delete('left', 0);
      await node.untilGone('left');
      expect(await mountsOf(uid)).toHaveLength(2);
      await node.startKubelet();
      await eventually(async () => (await mountsOf(uid)).length === 0);
      await eventually(async () => (await readdir(join(node.stateDir, 'pods'))).length === 0);
    });
  });

  describe('of the objects of the cluster', () => {
    const conf = { resource: 'configmaps', namespace: 'default', name: 'conf' } as const;
    const make = (value: string) =>
      node.create(
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'conf' }, data: { a: value } },
        'configmaps',
      );
    const shows = (value: string) => eventually(async () => (await run('shows', 'cat /conf/a')) === value);

    it('are followed also after the kubelet was started again, and after they were away', async () => {
      await make('1');
      await node.pod('shows', {
        volumes: [
          { name: 'conf', configMap: { name: 'conf' } },
          { name: 'keys', secret: { secretName: 'keys' } },
        ],
        containers: [
          {
            name: 'main',
            volumeMounts: [
              { name: 'conf', mountPath: '/conf' },
              { name: 'keys', mountPath: '/keys' },
            ],
          },
        ],
      });
      await shows('1');
      await node.stopKubelet();
      await node.startKubelet();
      await node.send({ type: 'PatchObject', data: { ...conf, patchType: 'merge', patch: { data: { a: '2' } } } });
      await shows('2');
      await node.send({ type: 'DeleteObject', data: conf });
      await eventually(() => node.notes.some(({ message }) => message.endsWith('"conf" : configmap "conf" not found')));
      const secret = { resource: 'secrets', namespace: 'default', name: 'keys' } as const;
      const patch = { data: { key: btoa('changed') } };
      await node.send({ type: 'PatchObject', data: { ...secret, patchType: 'merge', patch } });
      await eventually(async () => (await run('shows', 'cat /keys/key')) === 'changed');
      await node.engine.docker('kill', idOf(node.get('shows')));
      await node.until('shows', (pod) => containerOf(pod).restartCount === 1);
      await shows('2');
      await make('3');
      await shows('3');
    });

    it('are mended at an interval, whatever became of them', async () => {
      const volume = join(node.stateDir, 'pods', uidOf('shows'), 'volumes/conf');
      await node.stopKubelet();
      await rm(join(volume, '..data'));
      await symlink('..nothing', join(volume, '..data'));
      await node.startKubelet({ VOLUME_SYNC_INTERVAL: '200ms' });
      await shows('3');
      await rm(join(volume, '..data'));
      await symlink('..nothing', join(volume, '..data'));
      await shows('3');
      await node.delete('shows');
      await node.untilGone('shows');
    });
  });

  it('are mounted in parts, by names and by expressions, and nothing of that is left while the pod runs', async () => {
    await node.pod('parts', {
      securityContext: { runAsUser: 1234, fsGroup: 77 },
      volumes: [
        { name: 'disk', emptyDir: {} },
        { name: 'mem', emptyDir: { medium: 'Memory' } },
        { name: 'keys', secret: { secretName: 'keys' } },
      ],
      containers: [
        {
          name: 'main',
          env: [{ name: 'ME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
          volumeMounts: [
            { name: 'disk', mountPath: '/a', subPath: 'a/b' },
            { name: 'mem', mountPath: '/m', subPathExpr: 'of-$(ME)' },
            { name: 'mem', mountPath: 'whole' },
            { name: 'keys', mountPath: '/file', subPath: 'key' },
          ],
        },
      ],
    });
    const script =
      'touch /a/x /m/y && stat -c "%a %u:%g" /a /m /m/y; ls /whole; test -s /file && echo a file; ! touch /file';
    expect((await run('parts', `{ ${script}; } 2> /dev/null`)).split('\n')).toEqual([
      '2777 0:77',
      '2777 0:77',
      '644 1234:77',
      'of-parts',
      'a file',
    ]);
    expect((await mountsOf(uidOf('parts'))).filter((line) => line.includes('subpath'))).toEqual([]);
    await node.engine.docker('kill', idOf(node.get('parts')));
    await node.until('parts', (pod) => containerOf(pod).restartCount === 1);
    expect(await run('parts', 'ls /a /m')).toBe('/a:\nx\n\n/m:\ny');
    const uid = uidOf('parts');
    await node.delete('parts');
    await node.untilGone('parts');
    expect(await mountsOf(uid)).toEqual([]);
  });

  it('are refused in parts that lead out of them, without a word of what is there', async () => {
    await node.pod('leads-out', {
      volumes: [{ name: 'disk', emptyDir: {} }],
      initContainers: [
        {
          name: 'link',
          image: BUSYBOX,
          command: shell('ln -s /etc /d/x'),
          volumeMounts: [{ name: 'disk', mountPath: '/d' }],
        },
      ],
      containers: [{ name: 'main', volumeMounts: [{ name: 'disk', mountPath: '/d', subPath: 'x' }] }],
    });
    const pod = await node.until(
      'leads-out',
      (item) => containerOf(item).state?.waiting?.reason === 'CreateContainerConfigError',
    );
    expect(containerOf(pod).state?.waiting?.message).toBe(
      'failed to prepare subPath for volumeMount "disk" of container "main"',
    );
    await node.delete('leads-out');
    await node.untilGone('leads-out');
  });

  describe('on the disk', () => {
    it('cost a pod that exceeds their limit its place, and give back what they took', async () => {
      await node.stopKubelet();
      await node.startKubelet({ VOLUME_USAGE_INTERVAL: '200ms' });
      const mounts = [{ name: 'v', mountPath: '/v' }];
      const volumes = [{ name: 'v', emptyDir: { sizeLimit: '1Mi' } }];
      const [within, beyond] = [512, 3_072].map((kib) => ({
        script: `head -c ${kib * 1_024} /dev/urandom > /v/f; sleep 1000`,
        volumes,
        terminationGracePeriodSeconds: 60,
        containers: [{ name: 'main', volumeMounts: mounts }],
      }));
      await node.pod('within', within ?? {});
      await node.pod('beyond', beyond ?? {});
      const { status, metadata } = await node.until('beyond', (pod) => pod.status?.phase === 'Failed');
      const message = 'Usage of EmptyDir volume "v" exceeds the limit "1Mi". ';
      expect(status).toMatchObject({ reason: 'Evicted', message });
      const told = node.notes.filter(({ about }) => about.name === 'beyond' && about.uid === metadata.uid);
      expect(told.filter(({ reason }) => reason === 'Evicted')).toMatchObject([{ type: 'Warning', message }]);
      const volumesOf = (uid: string) =>
        readdir(join(node.stateDir, 'pods', uid)).then((names) => names.includes('volumes'));
      await eventually(async () => !(await volumesOf(metadata.uid)));
      expect(await run('within', 'stat -c %s /v/f')).toBe('524288');
      expect(await volumesOf(uidOf('within'))).toBe(true);
      for (const name of ['within', 'beyond']) await node.delete(name, 1);
      for (const name of ['within', 'beyond']) await node.untilGone(name);
    });
  });

  describe('of the node', () => {
    let directory: string;
    beforeAll(async () => (directory = await mkdtemp(join(tmpdir(), 'shiplog-host-path-'))));
    afterAll(async () => {
      await runProgram('umount', ['--recursive', '--lazy', directory]);
      await rm(directory, { recursive: true, force: true });
    });

    it('are waited for with their reason, told at each attempt, until they are as they should be', async () => {
      const path = join(directory, 'late');
      await node.pod('waits', {
        volumes: [{ name: 'v', hostPath: { path, type: 'Directory' } }],
        containers: [{ name: 'main', volumeMounts: [{ name: 'v', mountPath: 'rel/ative' }] }],
      });
      const message = `MountVolume.SetUp failed for volume "v" : hostPath type check failed: ${path} is not a directory`;
      const told = () => node.notes.filter((note) => note.reason === 'FailedMount' && note.message === message);
      await eventually(() => told().length >= 3);
      expect(containerOf(await node.until('waits', (pod) => pod.status !== undefined)).state?.waiting?.reason).toBe(
        'ContainerCreating',
      );
      await mkdir(path);
      expect(await run('waits', 'touch /rel/ative/x && echo written')).toBe('written');
      expect(await readdir(path)).toEqual(['x']);
      await node.delete('waits');
      await node.untilGone('waits');
      expect(await readdir(path)).toEqual(['x']);
    });

    it('show what is mounted in them later where a container asks for that, and can be read only', async () => {
      await mkdir(join(directory, 'shared'));
      await runProgram('mount', ['--bind', directory, directory]);
      await runProgram('mount', ['--make-shared', directory]);
      const mount = (mountPath: string, fields = {}) => ({ name: 'v', mountPath, ...fields });
      await node.pod('propagates', {
        volumes: [{ name: 'v', hostPath: { path: directory } }],
        containers: [
          {
            name: 'main',
            volumeMounts: [
              mount('/follows', { mountPropagation: 'HostToContainer' }),
              mount('/private'),
              mount('/fixed', { readOnly: true }),
            ],
          },
        ],
      });
      await node.untilReady('propagates');
      await runProgram('mount', ['-t', 'tmpfs', 'tmpfs', join(directory, 'shared')]);
      await writeFile(join(directory, 'shared/later'), '');
      expect(await run('propagates', 'ls /follows/shared /private/shared')).toBe(
        '/follows/shared:\nlater\n\n/private/shared:',
      );
      expect(await run('propagates', 'touch /fixed/x 2> /dev/null || echo read-only')).toBe('read-only');
      await node.delete('propagates');
      await node.untilGone('propagates');
      expect(await readdir(join(directory, 'shared'))).toEqual(['later']);
    });
  });
});
