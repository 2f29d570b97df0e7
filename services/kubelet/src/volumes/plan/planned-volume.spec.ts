import type { ConfigSource } from '../../container/render/env';
import { container, NO_OBJECTS, pod } from '../../testing/builders';
import { planVolume, safePath } from './planned-volume';

const meta = { name: 'x', namespace: 'default', uid: 'x', resourceVersion: '1', creationTimestamp: '' };
const source: ConfigSource = {
  ...NO_OBJECTS,
  configMap: (_, name) =>
    name === 'conf' ? { apiVersion: 'v1', kind: 'ConfigMap', metadata: meta, data: { a: '1', b: '2' } } : undefined,
  secret: (_, name) =>
    name === 'keys'
      ? {
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: meta,
          data: {
            k: Buffer.from('v').toString('base64'),
          },
        }
      : undefined,
};
const context = {
  pod: pod({}, {}, { labels: { b: '2', a: '1' } }),
  source,
  node: { name: 'n', ips: ['1'], allocatableCpuMilli: 1n, allocatableMemoryBytes: 1n, allocatableStorageBytes: 1n },
  podIPs: [],
};
const files = (volume: object) => {
  const planned = planVolume({ name: 'v', ...volume }, context);
  if (planned.kind !== 'files') throw new Error(planned.kind);
  return planned.files.map(
    ({ path, mode, content }) => `${path} ${mode.toString(8)} ${Buffer.from(content).toString()}`,
  );
};

describe('volumes', () => {
  it('of emptyDir are directories, or memory with a size', () => {
    expect(planVolume({ name: 'v', emptyDir: {} }, context)).toEqual({ kind: 'directory', name: 'v' });
    const sizeOf = (emptyDir: object, limits: (string | undefined)[]) => {
      const containers = limits.map((memory, i) =>
        container({ name: `c${i}`, ...(memory === undefined ? {} : { resources: { limits: { memory } } }) }),
      );
      const node = { ...context.node, allocatableMemoryBytes: 1_000n };
      const about = { ...context, pod: pod({ containers }), node };
      return planVolume({ name: 'v', emptyDir: { medium: 'Memory', ...emptyDir } }, about);
    };
    const memory = (sizeBytes: number) => ({ kind: 'memory', name: 'v', sizeBytes });
    expect(sizeOf({ sizeLimit: '300' }, ['200', '200'])).toEqual(memory(300));
    expect(sizeOf({ sizeLimit: '300' }, ['100', '100'])).toEqual(memory(200));
    expect(sizeOf({}, ['100', undefined])).toEqual(memory(1_000));
    expect(sizeOf({ sizeLimit: '0' }, [])).toEqual(memory(1_000));
    expect(sizeOf({ sizeLimit: '500m' }, [])).toEqual(memory(1));
  });

  it('of a ConfigMap have a file for each key, or those that are named', () => {
    expect(files({ configMap: { name: 'conf' } })).toEqual(['a 644 1', 'b 644 2']);
    const items = [{ key: 'b', path: 'sub/b.txt', mode: 0o400 }];
    expect(files({ configMap: { name: 'conf', items, defaultMode: 0o600 } })).toEqual(['sub/b.txt 400 2']);
  });

  it('gather several sources', () => {
    const sources = [
      { secret: { name: 'keys', items: [{ key: 'k', path: 'k' }] } },
      { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
      { configMap: { name: 'no', optional: true } },
    ];
    expect(files({ projected: { sources } })).toEqual(['k 644 v', 'labels 644 a="1"\nb="2"']);
  });

  it.each([
    [{ configMap: { name: 'no' } }, 'MountVolume.SetUp failed for volume "v" : configmap "no" not found'],
    [
      { configMap: { name: 'conf', items: [{ key: 'z', path: 'z' }] } },
      'MountVolume.SetUp failed for volume "v" : configmap references non-existent config key: z',
    ],
    [
      { secret: { secretName: 'keys', items: [{ key: 'z', path: 'z' }] } },
      'MountVolume.SetUp failed for volume "v" : references non-existent secret key: z',
    ],
    [
      { nfs: { server: 's', path: '/' } },
      'Unable to attach or mount volumes: unmounted volumes=[v], unattached volumes=[], failed to process volumes=[v]: failed to get Plugin from volumeSpec for volume "v" err=no volume plugin matched',
    ],
    [
      { projected: { sources: [{ clusterTrustBundle: { path: 't' } }] } },
      'MountVolume.SetUp failed for volume "v" : projections of the kind clusterTrustBundle are not supported',
    ],
    [
      { projected: { sources: [{ serviceAccountToken: { path: 't' } }] } },
      'MountVolume.SetUp failed for volume "v" : failed to fetch token: the api has not answered',
    ],
  ])('of %j wait: %s', (volume, reason) => {
    expect(() => files(volume)).toThrow(reason);
  });

  it("have tokens of the pod's account, which a group or user that owns the volume has to itself", () => {
    const sources = [{ serviceAccountToken: { path: 'token', expirationSeconds: 600, audience: 'vault' } }];
    const asked: unknown[] = [];
    const tokenOf = (...demand: unknown[]): string => (asked.push(demand), 'secret');
    const planned = (about: object) =>
      planVolume(
        { name: 'v', projected: { sources, defaultMode: 0o644 } },
        { ...context, source: { ...source, accountToken: tokenOf }, ...about },
      );
    const file = (mode: number, owner = {}) => ({
      kind: 'files',
      name: 'v',
      files: [{ path: 'token', mode, ...owner, content: Buffer.from('secret') }],
      inMemory: true,
    });
    expect(planned({})).toEqual(file(0o644));
    expect(asked).toEqual([[context.pod.metadata.uid, sources[0]?.serviceAccountToken]]);
    expect(planned({ pod: pod({ securityContext: { fsGroup: 7 } }) })).toEqual(file(0o600));
    const users = (...uids: (number | undefined)[]) =>
      pod({ containers: uids.map((runAsUser, i) => container({ name: `c${i}`, securityContext: { runAsUser } })) });
    expect(planned({ pod: users(5, 5) })).toEqual(file(0o600, { owner: 5 }));
    expect(planned({ pod: users(5, 6) })).toEqual(file(0o644));
    expect(planned({ pod: users(5, undefined) })).toEqual(file(0o644));
  });

  it('keep paths inside themselves', () => {
    expect(safePath('a/./b')).toBe('a/b');
    expect(() => safePath('../etc')).toThrow('must be relative');
    expect(() => safePath('/etc')).toThrow('must be relative');
  });
});
