import type { ObjectOf } from '@shiplog/contracts';
import { container, NO_OBJECTS, pod } from '../../testing/builders';
import { needsPodIP, renderEnv, type ConfigSource, type EnvContext } from './env';
import { renderExpansion, renderSubPath } from './expansion';

const meta = (name: string, namespace = 'default') => ({
  name,
  namespace,
  uid: name,
  resourceVersion: '1',
  creationTimestamp: '',
});
const service = (name: string, clusterIP: string, ports: object[], namespace = 'default') =>
  ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: meta(name, namespace),
    spec: { clusterIP, ports },
  }) as ObjectOf<'services'>;

const source: ConfigSource = {
  ...NO_OBJECTS,
  configMap: (_, name) =>
    name === 'conf'
      ? { apiVersion: 'v1', kind: 'ConfigMap', metadata: meta('conf'), data: { colour: 'blue', '1.digit': 'x' } }
      : undefined,
  secret: (_, name) =>
    name === 'keys'
      ? {
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: meta('keys'),
          data: { token: Buffer.from('s3cret').toString('base64') },
        }
      : undefined,
  services: () => [
    service('kubernetes', '10.96.0.1', [{ name: 'https', port: 443 }]),
    service('redis-master', '10.96.0.9', [
      { port: 6379, protocol: 'TCP' },
      { name: 'stats', port: 9121 },
    ]),
    service('six', 'fd00:10:96::9', [{ port: 80 }]),
    service('headless', 'None', [{ port: 80 }]),
    service('elsewhere', '10.96.0.10', [{ port: 80 }], 'other'),
  ],
};

const context: EnvContext = {
  pod: pod({}, {}, { labels: { app: 'web' } }),
  source,
  node: {
    name: 'node-a',
    ips: ['192.0.2.1', '2001:db8::1'],
    allocatableCpuMilli: 2_000n,
    allocatableMemoryBytes: 1_073_741_824n,
    allocatableStorageBytes: 0n,
  },
  podIPs: ['10.244.1.2', 'fd00:10:244::2'],
};
const env = (fields: Parameters<typeof container>[0], over: Partial<EnvContext> = {}) =>
  Object.fromEntries(renderEnv(container(fields), { ...context, ...over }));

describe('the environment of a container', () => {
  it('tells of the Services in its namespace, as Docker’s links did too', () => {
    const found = env({});
    expect(found).toMatchObject({
      REDIS_MASTER_SERVICE_HOST: '10.96.0.9',
      REDIS_MASTER_SERVICE_PORT: '6379',
      REDIS_MASTER_SERVICE_PORT_STATS: '9121',
      REDIS_MASTER_PORT: 'tcp://10.96.0.9:6379',
      REDIS_MASTER_PORT_6379_TCP: 'tcp://10.96.0.9:6379',
      REDIS_MASTER_PORT_6379_TCP_PROTO: 'tcp',
      REDIS_MASTER_PORT_6379_TCP_PORT: '6379',
      REDIS_MASTER_PORT_6379_TCP_ADDR: '10.96.0.9',
      SIX_SERVICE_HOST: 'fd00:10:96::9',
      SIX_PORT: 'tcp://[fd00:10:96::9]:80',
      KUBERNETES_SERVICE_HOST: '10.96.0.1',
    });
    expect(Object.keys(found).filter((name) => /HEADLESS|ELSEWHERE/.test(name))).toEqual([]);
  });

  it('tells only of the API when the pod wants no links', () => {
    const found = env({}, { pod: pod({ enableServiceLinks: false }) });
    expect(found.KUBERNETES_SERVICE_HOST).toBe('10.96.0.1');
    expect(found.REDIS_MASTER_SERVICE_HOST).toBeUndefined();
  });

  it('takes values from fields, amounts, ConfigMaps and Secrets', () => {
    const from = (valueFrom: object) => ({ name: 'V', valueFrom });
    const value = (valueFrom: object, fields: object = {}) => env({ env: [from(valueFrom)], ...fields }).V;
    expect(value({ fieldRef: { fieldPath: 'metadata.name' } })).toBe('web');
    expect(value({ fieldRef: { fieldPath: "metadata.labels['app']" } })).toBe('web');
    expect(value({ fieldRef: { fieldPath: 'spec.nodeName' } })).toBe('node-a');
    expect(value({ fieldRef: { fieldPath: 'status.podIP' } })).toBe('10.244.1.2');
    expect(value({ fieldRef: { fieldPath: 'status.hostIP' } })).toBe('192.0.2.1');
    expect(value({ fieldRef: { fieldPath: 'status.podIPs' } })).toBe('10.244.1.2,fd00:10:244::2');
    expect(value({ fieldRef: { fieldPath: 'status.hostIPs' } })).toBe('192.0.2.1,2001:db8::1');
    expect(value({ resourceFieldRef: { resource: 'limits.cpu' } })).toBe('2');
    const resources = { limits: { memory: '100Mi', cpu: '250m' } };
    expect(value({ resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } }, { resources })).toBe('100');
    expect(value({ resourceFieldRef: { resource: 'limits.cpu' } }, { resources })).toBe('1');
    expect(value({ resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } }, { resources })).toBe('250');
    expect(value({ configMapKeyRef: { name: 'conf', key: 'colour' } })).toBe('blue');
    expect(value({ secretKeyRef: { name: 'keys', key: 'token' } })).toBe('s3cret');
  });

  it('says what is missing in Kubernetes’ words, unless it may be', () => {
    const missing = (valueFrom: object) => () => env({ env: [{ name: 'V', valueFrom }] });
    expect(missing({ configMapKeyRef: { name: 'no', key: 'x' } })).toThrow('configmap "no" not found');
    expect(missing({ secretKeyRef: { name: 'keys', key: 'x' } })).toThrow("couldn't find key x in Secret default/keys");
    expect(missing({ secretKeyRef: { name: 'no', key: 'x', optional: true } })().V).toBeUndefined();
    expect(() => env({ envFrom: [{ secretRef: { name: 'no' } }] })).toThrow('secret "no" not found');
    expect(missing({ fieldRef: { fieldPath: 'status.phase' } })).toThrow('unsupported fieldPath: status.phase');
  });

  it('takes whole ConfigMaps with a prefix, whatever their keys are', () => {
    const found = env({ envFrom: [{ prefix: 'C_', configMapRef: { name: 'conf' } }] });
    expect(found).toMatchObject({ C_colour: 'blue', 'C_1.digit': 'x' });
    expect(env({ envFrom: [{ configMapRef: { name: 'conf' } }] })).toMatchObject({ '1.digit': 'x' });
  });

  it('lets later variables refer to earlier ones and to Services', () => {
    const found = env({
      env: [
        { name: 'A', value: 'a' },
        { name: 'B', value: '$(A)-$(C)-$(REDIS_MASTER_SERVICE_PORT)' },
        { name: 'C', value: 'c' },
      ],
    });
    expect(found.B).toBe('a-$(C)-6379');
  });

  it('needs the pod’s address only where it is asked for', () => {
    expect(needsPodIP(container({ env: [{ name: 'A', value: '$(B)' }] }))).toBe(false);
    expect(
      needsPodIP(container({ env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }] })),
    ).toBe(true);
  });
});

describe('expansion', () => {
  it.each([
    ['$(A)', 'a'],
    ['x$(A)y$(A)', 'xaya'],
    ['$(NONE)', '$(NONE)'],
    ['$$(A)', '$(A)'],
    ['$$$(A)', '$a'],
    ['$A ${A} $( A )', '$A ${A} $( A )'],
    ['100$', '100$'],
  ])('of %s is %s', (text, expanded) => {
    expect(renderExpansion(text, new Map([['A', 'a']]))).toBe(expanded);
  });

  it('of a sub-path needs every name: a directory would be called by it', () => {
    const variables = new Map([['A', 'a']]);
    expect(renderSubPath('x/$(A)/$$(NONE)', variables)).toBe('x/a/$(NONE)');
    const withEmpty = new Map([...variables, ['EMPTY', '']]);
    expect(() => renderSubPath('$(NONE)/$(EMPTY)/$(A)/$(NONE)', withEmpty)).toThrow('missing value for EMPTY, NONE');
  });
});
