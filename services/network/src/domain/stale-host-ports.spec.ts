import type { TrackedFlow } from '@shiplog/hostnet';
import { staleHostPorts, udpPortsOf } from './stale-host-ports';

const port = (hostPort: number, protocol: 'TCP' | 'UDP', hostIP?: string) => ({
  hostPort,
  containerPort: 53,
  protocol,
  ...(hostIP === undefined ? {} : { hostIP }),
});
const flow = (to: string, from: string): TrackedFlow => {
  const [address = '', number = ''] = to.split(':');
  const [backend = '', backendPort = ''] = from.split(':');
  return { address, port: number, backend, backendPort, isTranslated: to !== from, handle: Buffer.alloc(0) };
};
const A = { ip: '10.244.1.2', hostPorts: [port(5353, 'UDP'), port(80, 'TCP'), port(53, 'UDP', '172.30.0.11')] };
const B = { ...A, ip: '10.244.1.3' };

describe('changes of UDP host ports leave conversations behind', () => {
  const isStale = staleHostPorts(udpPortsOf([A]), udpPortsOf([B]));

  it.each([
    ['with the pod that had the port', '172.30.0.12:5353', '10.244.1.2:53', true],
    ['with the pod that had it on one address', '172.30.0.11:53', '10.244.1.2:53', true],
    ['with the node, begun when no pod had it', '172.30.0.12:5353', '172.30.0.12:5353', true],
    ['with the pod that has it now', '172.30.0.12:5353', '10.244.1.3:53', false],
    ['with a Service that leads to the pod that had it', '10.96.0.10:53', '10.244.1.2:53', false],
    ['with the port on another address', '192.0.2.1:53', '192.0.2.1:53', false],
    ['with another port', '172.30.0.12:80', '10.244.1.2:53', false],
  ])('%s: %s at %s, %s', (_, to, from, expected) => {
    expect(isStale?.(flow(to, from))).toBe(expected);
  });

  it('none where none changed, and none with the node where a port only went', () => {
    expect(staleHostPorts(udpPortsOf([A]), udpPortsOf([A, B]))).toBeUndefined();
    const gone = staleHostPorts(udpPortsOf([A]), udpPortsOf([]));
    expect(gone?.(flow('172.30.0.12:5353', '172.30.0.12:5353'))).toBe(false);
    expect(gone?.(flow('172.30.0.12:5353', '10.244.1.2:53'))).toBe(true);
  });
});
