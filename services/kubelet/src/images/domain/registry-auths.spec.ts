import { NO_OBJECTS, pod } from '../../testing/builders';
import { authsFor, registryLogins } from './registry-auths';

const meta = { name: 'x', namespace: 'default', uid: 'x', resourceVersion: '1', creationTimestamp: '' };

describe('credentials for registries', () => {
  const read = (data: Record<string, string>) => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: meta, data };
    const source = {
      ...NO_OBJECTS,
      secret: () => secret,
    };
    const node = {
      name: 'n',
      ips: ['1'],
      allocatableCpuMilli: 1n,
      allocatableMemoryBytes: 1n,
      allocatableStorageBytes: 1n,
    };
    return registryLogins({ pod: pod({ imagePullSecrets: [{ name: 'keys' }] }), source, node, podIPs: [] });
  };
  const base64 = (value: unknown): string =>
    Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64');

  it('are read from secrets of either form', () => {
    const host = { 'example.org': { auth: base64('me:pass:word') } };
    const auth = { username: 'me', password: 'pass:word', serveraddress: 'example.org' };
    const expected = [{ location: 'example.org', auth }];
    expect(read({ '.dockerconfigjson': base64({ auths: host }) })).toEqual(expected);
    expect(read({ '.dockercfg': base64(host) })).toEqual(expected);
  });

  it.each(['{not json', 'null', '[]', '{"auths":null}', '{"auths":{"a":null,"b":{"auth":7,"username":{}}}}'])(
    'that are %s are none that anybody stumbles over',
    (text) => {
      expect(() => read({ '.dockerconfigjson': base64(text), '.dockercfg': base64(text) })).not.toThrow();
    },
  );

  it.each([
    ['https://index.docker.io/v1/', 'redis:7', true],
    ['docker.io', 'docker.io/library/redis:7', true],
    ['registry.example.org:5000', 'registry.example.org:5000/app:1', true],
    ['registry.example.org', 'registry.example.org:5000/app:1', false],
    ['https://registry.example.org/v2/', 'registry.example.org/app:1', true],
    ['registry.example.org/team', 'registry.example.org/team/app:1', true],
    ['registry.example.org/team', 'registry.example.org/other/app:1', false],
    ['*.example.org', 'registry.example.org/app:1', true],
    ['*.example.org', 'a.registry.example.org/app:1', false],
    ['reg*try-*.example.org', 'registry-1.example.org/app:1', true],
    ['*a*a*.example.org', 'a.example.org/app:1', false],
    ['*', 'registry.example.org/app:1', false],
    ['registry.example.org', 'redis:7', false],
    ['https://', 'redis:7', false],
    ['docker.io', 'registry.example.org/app:1', false],
  ])('for %s are for %s: %s', (host, image, isFor) => {
    const auths = authsFor(image, read({ '.dockercfg': base64({ [host]: { username: 'me', password: 'secret' } }) }));
    expect(auths).toEqual(isFor ? [{ username: 'me', password: 'secret', serveraddress: host }] : []);
  });

  it('are tried from the most specific on', () => {
    const hosts = {
      '*.example.org': { username: 'a' },
      'r.example.org': { username: 'b' },
      'r.example.org/team': { username: 'c' },
    };
    const auths = authsFor('r.example.org/team/app:1', read({ '.dockercfg': base64(hosts) }));
    expect(auths.map(({ username }) => username)).toEqual(['c', 'b', 'a']);
  });
});
