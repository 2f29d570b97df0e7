import { planServicePorts } from '../../domain/plan-service-ports';
import { aService, anEndpoint, aSlice } from '../../testing/builders';
import { Balancer } from './balancer';
import { planListeners } from './listeners';

const TWO = [
  { ip: '10.0.0.1', port: 80 },
  { ip: '10.0.0.2', port: 80 },
];

describe('the balancer', () => {
  const first = (balancer: Balancer, client: string, now: number): string => {
    const backend = balancer.order(client, now)[0];
    if (backend === undefined) return 'none';
    balancer.used(client, backend, now);
    return backend.ip;
  };

  it('takes backends in turn, and offers the others after the first', () => {
    const balancer = new Balancer(TWO, undefined);
    expect([1, 2, 3].map((now) => first(balancer, 'c', now))).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.1']);
    expect(balancer.order('c', 4)).toHaveLength(2);
    expect(new Balancer([], undefined).order('c', 0)).toEqual([]);
  });

  it('keeps a client at its backend until its time is over or the backend is gone', () => {
    const balancer = new Balancer(TWO, 10);
    expect([0, 5_000, 14_000].map((now) => first(balancer, 'c', now))).toEqual(['10.0.0.1', '10.0.0.1', '10.0.0.1']);
    expect(first(balancer, 'd', 14_000)).toBe('10.0.0.2');
    balancer.update(TWO.slice(1), 10);
    expect(first(balancer, 'c', 15_000)).toBe('10.0.0.2');
    balancer.update(TWO, 10);
    expect(first(balancer, 'c', 16_000)).toBe('10.0.0.2');
    expect(first(balancer, 'c', 40_000)).toBe('10.0.0.1');
  });
});

describe('the sockets of a service', () => {
  const service = aService('web', { type: 'NodePort', ports: [{ port: 80, nodePort: 30080, protocol: 'TCP' }] });
  const ports = planServicePorts(service, [aSlice('web', [anEndpoint('10.244.1.2')])], { name: 'n1' });

  it('are its node port on each address and, where this machine may hold it, its cluster IP', () => {
    const addresses = ['127.0.0.1', '192.168.1.2'];
    expect([...planListeners(ports, { addresses, clusterIPs: [] }).keys()]).toEqual([
      'tcp 127.0.0.1:30080',
      'tcp 192.168.1.2:30080',
    ]);
    expect([...planListeners(ports, { addresses: [], clusterIPs: ['IPv4'] }).keys()]).toEqual(['tcp 10.96.0.10:80']);
  });

  it('are of the family of the port', () => {
    const clusterIPs = ['10.96.0.10', 'fd00:10:96::a'];
    const slices = [
      aSlice('web', [anEndpoint('10.244.1.2')]),
      aSlice('web', [anEndpoint('fd00:10:244:1::2')], { addressType: 'IPv6' }),
    ];
    const both = planServicePorts({ ...service, spec: { ...service.spec, clusterIPs } }, slices, { name: 'n1' });
    const wanted = planListeners(both, { addresses: ['127.0.0.1', '::1'], clusterIPs: ['IPv6'] });
    expect([...wanted].map(([name, { backends }]) => [name, backends[0]?.ip])).toEqual([
      ['tcp 127.0.0.1:30080', '10.244.1.2'],
      ['tcp [fd00:10:96::a]:80', 'fd00:10:244:1::2'],
      ['tcp [::1]:30080', 'fd00:10:244:1::2'],
    ]);
  });

  it('are none without endpoints, so that the kernel refuses', () => {
    const empty = planServicePorts(service, [], { name: 'n1' });
    expect(planListeners(empty, { addresses: ['127.0.0.1'], clusterIPs: ['IPv4'] }).size).toBe(0);
  });
});
