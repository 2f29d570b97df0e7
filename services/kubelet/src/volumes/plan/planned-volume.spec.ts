import type { ConfigSource } from '../../container/render/env';
import { pod } from '../../testing/builders';
import { planVolume, safePath } from './planned-volume';

const meta = { name: 'x', namespace: 'default', uid: 'x', resourceVersion: '1', creationTimestamp: '' };
const source: ConfigSource = {
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
  services: () => [],
};
const context = {
  pod: pod({}, {}, { labels: { b: '2', a: '1' } }),
  source,
  node: { name: 'n', ip: '1', allocatableCpuMilli: 1n, allocatableMemoryBytes: 1n, allocatableStorageBytes: 1n },
  podIP: undefined,
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
    const memory = { name: 'v', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } };
    expect(planVolume(memory, context)).toEqual({ kind: 'memory', name: 'v', sizeBytes: 1_048_576 });
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
    [{ configMap: { name: 'no' } }, 'configmap "no" not found'],
    [
      { secret: { secretName: 'keys', items: [{ key: 'z', path: 'z' }] } },
      'secret "keys" references non-existent key: z',
    ],
    [{ persistentVolumeClaim: { claimName: 'c' } }, 'volumes of the kind persistentVolumeClaim are not supported'],
    [
      { projected: { sources: [{ serviceAccountToken: { path: 't' } }] } },
      'projections of the kind serviceAccountToken are not supported',
    ],
  ])('of %j wait: %s', (volume, why) => {
    expect(() => files(volume)).toThrow(why);
  });

  it('keep paths inside themselves', () => {
    expect(safePath('a/./b')).toBe('a/b');
    expect(() => safePath('../etc')).toThrow('must be relative');
    expect(() => safePath('/etc')).toThrow('must be relative');
  });
});
