import { StatusError, type EndpointSlice, type ObjectOf, type Pod } from '@shiplog/contracts';
import { podPort, proxyId, serviceEndpoints } from './proxy-target';

const said = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return error instanceof StatusError ? `${error.status.code} ${error.status.message}` : error;
  }
};
const pod = {
  spec: { containers: [{ name: 'a' }, { name: 'b', ports: [{ containerPort: 8080 }] }] },
} as unknown as Pod;

describe('what a proxy leads to', () => {
  it.each<[string, unknown]>([
    ['web', { scheme: 'http', name: 'web', port: '' }],
    ['web:80', { scheme: 'http', name: 'web', port: '80' }],
    ['https:web:', { scheme: 'https', name: 'web', port: '' }],
    ['https:web:tls', { scheme: 'https', name: 'web', port: 'tls' }],
    ['ftp:web:80', '400 invalid pod request "ftp:web:80"'],
    [':80', '400 invalid pod request ":80"'],
    ['a:b:c:d', '400 invalid pod request "a:b:c:d"'],
  ])('is named by %s', (id, wanted) => {
    expect(said(() => proxyId(id, 'pod'))).toEqual(wanted);
  });

  it.each<[string, unknown]>([
    ['web', 8080],
    ['web:9', 9],
    ['web:x', '400 invalid port "x"'],
  ])('is a port of the pod %s', (id, wanted) => {
    expect(said(() => podPort(pod, proxyId(id, 'pod')))).toEqual(wanted);
  });

  const service = { spec: { ports: [{ name: 'http', port: 80 }] } } as ObjectOf<'services'>;
  const slice = {
    ports: [{ name: 'http', port: 8080 }],
    endpoints: [
      { addresses: ['10.0.0.1'], targetRef: { kind: 'Pod', name: 'one' } },
      { addresses: ['10.0.0.2'], targetRef: { kind: 'Pod', name: 'two' }, conditions: { ready: false } },
      { addresses: ['10.0.0.3'] },
    ],
  } as unknown as EndpointSlice;

  it.each<[string, readonly EndpointSlice[], unknown]>([
    ['web', [slice], [{ pod: 'one', port: 8080 }]],
    ['web:80', [slice], [{ pod: 'one', port: 8080 }]],
    ['web:http', [slice], [{ pod: 'one', port: 8080 }]],
    ['web:81', [slice], '503 no service port 81 found for service "web"'],
    ['web:other', [slice], '503 no endpoints available for service "web"'],
    ['web', [], '503 no endpoints available for service "web"'],
  ])('are the ready pods behind %s', (id, slices, wanted) => {
    expect(said(() => serviceEndpoints(service, slices, proxyId(id, 'service')))).toEqual(wanted);
  });
});
