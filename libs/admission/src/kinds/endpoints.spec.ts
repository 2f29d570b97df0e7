import { builtIn, type KubeObject } from '@shiplog/contracts';
import { admitCreate } from '../create';
import { admission, causesOf, valueOf } from '../testing/builders';

const metadata = { name: 'web', namespace: 'default' };
const create = (resource: 'endpoints' | 'endpointslices.discovery.k8s.io', object: object) =>
  admitCreate(builtIn(resource), { metadata, ...object } as KubeObject, admission());
const subset = (address: object, port: object = {}) =>
  causesOf(
    create('endpoints', {
      apiVersion: 'v1',
      kind: 'Endpoints',
      subsets: [{ addresses: [{ ip: '192.0.2.4', ...address }], ports: [{ port: 80, ...port }] }],
    }),
  );
const aSlice = (endpoint: object, fields: object = {}) =>
  create('endpointslices.discovery.k8s.io', {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    addressType: 'IPv4',
    endpoints: [{ addresses: ['192.0.2.4'], ...endpoint }],
    ...fields,
  });
const slice = (endpoint: object, fields?: object) => causesOf(aSlice(endpoint, fields));
const hints = (...zones: string[]) => ({ hints: { forZones: zones.map((name) => ({ name })) } });

describe('endpoints', () => {
  it.each<[string, object, object, string]>([
    ['the node itself', { ip: '127.0.0.1' }, {}, 'addresses[0].ip: Invalid value: "127.0.0.1"'],
    ['a host name of two parts', { hostname: 'a.b' }, {}, 'addresses[0].hostname: Invalid value: "a.b"'],
    ['a node that can not be', { nodeName: 'BAD!' }, {}, 'addresses[0].nodeName: Invalid value: "BAD!"'],
    ['a port that is no name', {}, { name: 'a b' }, 'ports[0].name: Invalid value: "a b"'],
    ['a protocol that is no name', {}, { appProtocol: 'a b' }, 'ports[0].appProtocol: Invalid value: "a b"'],
  ])('are refused with %s', (_what, address, port, cause) => {
    expect(subset(address, port)).toEqual([expect.stringContaining(`subsets[0].${cause}`)]);
  });

  it('may have names of their own', () => {
    const port = { name: 'a-port-with-a-long-name', appProtocol: 'kubernetes.io/h2c' };
    expect(subset({ hostname: 'web-0', nodeName: 'minion-1' }, port)).toEqual([]);
  });
});

describe('an endpoint slice', () => {
  it.each<[string, object, object, string]>([
    ['a host name of two parts', { hostname: 'a.b' }, {}, 'endpoints[0].hostname: Invalid value: "a.b"'],
    ['a node that can not be', { nodeName: 'BAD!' }, {}, 'endpoints[0].nodeName: Invalid value: "BAD!"'],
    ['nine zones', hints(...'123456789'), {}, 'endpoints[0].hints.forZones: Too many: 9: must have at most 8 items'],
    ['a zone twice', hints('a', 'a'), {}, 'endpoints[0].hints.forZones[1].name: Duplicate value: "a"'],
    ['a zone that is none', hints('a b'), {}, 'endpoints[0].hints.forZones[0].name: Invalid value: "a b"'],
    [
      'a protocol that is no name',
      {},
      { ports: [{ appProtocol: 'a b' }] },
      'ports[0].appProtocol: Invalid value: "a b"',
    ],
    ['an unknown protocol', {}, { ports: [{ protocol: 'X' }] }, 'ports[0].protocol: Unsupported value: "X"'],
    [
      'a name of one part',
      { addresses: ['web'] },
      { addressType: 'FQDN' },
      'endpoints[0].addresses[0]: Invalid value: "web": should be a domain with at least two segments separated by dots',
    ],
  ])('is refused with %s', (_what, endpoint, fields, cause) => {
    expect(slice(endpoint, fields)).toEqual([expect.stringContaining(cause)]);
  });

  it('may have names, hints and protocols', () => {
    const ports = [{ name: 'a-port-with-a-long-name', port: 80, appProtocol: 'http' }];
    expect(slice({ hostname: 'web-0', nodeName: 'minion-1', ...hints('a', 'b') }, { ports })).toEqual([]);
    expect(slice({ addresses: ['web.example.com'] }, { addressType: 'FQDN' })).toEqual([]);
  });

  it('forgets a topology in the form that the API no longer has', () => {
    const created = valueOf(aSlice({ deprecatedTopology: { 'a b': 'c' } }));
    expect(created['endpoints']).toEqual([{ addresses: ['192.0.2.4'] }]);
  });
});
