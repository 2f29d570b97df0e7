import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '@shiplog/testing';
import { BUSYBOX } from '../testing/busybox-image';
import { containerOf, TestNode } from '../testing/test-node';
import { NodeMounts } from './mounts/node-mounts';

describe('volumes that are not their pod’s own', () => {
  let node: TestNode;
  beforeAll(async () => {
    node = await TestNode.start();
  });
  afterAll(() => node.stop());

  const run = (name: string, script: string) => node.run(name, script);
  const mountsOf = (uid: string) => node.mountsOf(uid);
  const uidOf = (name: string) => node.uidOf(name);

  describe('of claims', () => {
    const claim = { resource: 'persistentvolumeclaims', namespace: 'default', name: 'data' } as const;
    const kept = () => join(node.stateDir, 'kept');
    const spec = {
      securityContext: { runAsUser: 1000, fsGroup: 2000 },
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }],
      containers: [{ name: 'main', volumeMounts: [{ name: 'data', mountPath: '/data' }] }],
    };
    const common = { accessModes: ['ReadWriteOnce'], storageClassName: 'local' };

    it('are waited for until they are bound, and then the local volume with what is in it', async () => {
      await mkdir(join(kept(), 'sub'), { recursive: true });
      await writeFile(join(kept(), 'sub/old'), 'old', { mode: 0o600 });
      await symlink('/etc/hostname', join(kept(), 'link'));
      const resources = { requests: { storage: '1Gi' } };
      const metadata = { name: 'data' };
      const uid = await node.create(
        {
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          metadata,
          spec: { ...common, resources, volumeName: 'disk' },
        },
        'persistentvolumeclaims',
      );
      await node.pod('claims', spec);
      await eventually(() => node.notes.some(({ message }) => message.endsWith('PVC default/data: PVC is not bound')));
      const term = { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'Exists' }] };
      const volume = {
        ...{ ...common, capacity: { storage: '1Gi' }, local: { path: kept() } },
        nodeAffinity: { required: { nodeSelectorTerms: [term] } },
        claimRef: { kind: 'PersistentVolumeClaim', namespace: 'default', name: 'data', uid },
      };
      await node.create(
        { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'disk' }, spec: volume },
        'persistentvolumes',
        '',
      );
      const patch = { status: { phase: 'Bound' } };
      await node.send({
        type: 'PatchObject',
        data: { ...claim, subresource: 'status', patchType: 'merge', patch },
      });
      expect(await run('claims', 'cat /data/sub/old; stat -c "%a %u:%g" /data /data/sub /data/sub/old')).toBe(
        'old2775 0:2000\n2775 0:2000\n660 0:2000',
      );
      expect(await run('claims', 'echo new > /data/new; stat -c "%u:%g" /data/new')).toBe('1000:2000');
    });

    it('outlive the pods that use them', async () => {
      await node.delete('claims');
      await node.untilGone('claims');
      const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'data', readOnly: true } }];
      await node.pod('reads', { ...spec, volumes });
      expect(await run('reads', 'cat /data/new; echo x > /data/new 2>&1 || true')).toContain('new');
      expect(await readFile(join(kept(), 'new'), 'utf8')).toBe('new\n');
    });
  });

  describe('of images', () => {
    const mounts = (reference: string, pullPolicy = 'Never') => ({
      volumes: [{ name: 'files', image: { reference, pullPolicy } }],
      containers: [
        {
          name: 'main',
          volumeMounts: [
            { name: 'files', mountPath: '/files' },
            { name: 'files', mountPath: '/part', subPath: 'data' },
          ],
        },
      ],
    });

    it('show the files of all its layers, to be read only, and keep it while they are mounted', async () => {
      await writeFile(join(node.stateDir, 'upper'), 'upper');
      await node.engine.docker('create', '--name', 'layered', BUSYBOX);
      await node.engine.docker('cp', node.stateDir, 'layered:/data');
      const id = (await node.engine.docker('commit', 'layered', 'files:1')).trim();
      await node.engine.docker('rm', 'layered');
      await node.pod('image', mounts('files:1'));
      expect(await run('image', 'cat /files/data/upper /part/upper; ls -d /files/sh')).toBe('upperupper/files/sh');
      expect(await run('image', 'touch /files/x 2>&1')).toContain('Read-only file system');
      expect(await new NodeMounts(node.engine.runtime(), node.stateDir).mountedImages()).toContain(id);
    });

    it('are gone with the pod', async () => {
      const uid = uidOf('image');
      expect(await mountsOf(uid)).not.toEqual([]);
      await node.delete('image');
      await node.untilGone('image');
      expect(await mountsOf(uid)).toEqual([]);
    });

    it('that can’t be had hold up the container, with the reason', async () => {
      await node.pod('imageless', mounts('files:none'));
      const pod = await node.until(
        'imageless',
        (item) => containerOf(item).state?.waiting?.reason !== 'ContainerCreating',
      );
      expect(containerOf(pod).state?.waiting).toEqual({
        reason: 'ErrImageNeverPull',
        message: 'Container image "files:none" is not present with pull policy of Never',
      });
    });
  });
});
