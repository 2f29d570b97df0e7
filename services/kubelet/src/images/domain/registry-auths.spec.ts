import { pod } from '../../testing/builders';
import { registryAuths } from './registry-auths';

const meta = { name: 'x', namespace: 'default', uid: 'x', resourceVersion: '1', creationTimestamp: '' };

describe('credentials for registries', () => {
  const read = (data: Record<string, string>) => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: meta, data };
    const source = {
      configMap: () => undefined,
      secret: () => secret,
      services: () => [],
      accountToken: () => undefined,
    };
    const node = {
      name: 'n',
      ip: '1',
      allocatableCpuMilli: 1n,
      allocatableMemoryBytes: 1n,
      allocatableStorageBytes: 1n,
    };
    return [...registryAuths({ pod: pod({ imagePullSecrets: [{ name: 'keys' }] }), source, node, podIP: undefined })];
  };
  const base64 = (value: unknown): string =>
    Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64');

  it('are read from secrets of either form', () => {
    const host = { 'example.org': { auth: base64('me:pass:word') } };
    const expected = [['example.org', { username: 'me', password: 'pass:word' }]];
    expect(read({ '.dockerconfigjson': base64({ auths: host }) })).toEqual(expected);
    expect(read({ '.dockercfg': base64(host) })).toEqual(expected);
  });

  it.each(['{not json', 'null', '[]', '{"auths":null}', '{"auths":{"a":null,"b":{"auth":7,"username":{}}}}'])(
    'that are %s are none that anybody stumbles over',
    (text) => {
      expect(() => read({ '.dockerconfigjson': base64(text), '.dockercfg': base64(text) })).not.toThrow();
    },
  );
});
