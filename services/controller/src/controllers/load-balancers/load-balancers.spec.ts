import type { ObjectOf } from '@shiplog/contracts';
import { parseAddress } from '@shiplog/apimachinery';
import { TestCluster } from '../../testing/cluster';
import { at, service } from '../../testing/objects';
import { loadBalancerController } from './controller';
import { decideLoadBalancers } from './decide';

const range = (family: 4 | 6, first: string, last: string) => ({
  family,
  first: parseAddress(first)!,
  last: parseAddress(last)!,
});
const V4 = range(4, '172.30.0.200', '172.30.0.202');
const V6 = range(6, 'fd00:30::200', 'fd00:30::201');
const DUAL = { ipFamilies: ['IPv4', 'IPv6'] };

const balancer = (name: string, spec: object = {}, ip?: string): ObjectOf<'services'> => ({
  ...service(name, { type: 'LoadBalancer', ...spec }),
  ...(ip === undefined ? {} : { status: { loadBalancer: { ingress: [{ ip, ipMode: 'VIP' }] } } }),
});

const given = (...services: ObjectOf<'services'>[]): [string, string | null][] =>
  decideLoadBalancers({ services, ranges: [V4] }).commands.map(({ data }) => {
    const { name, patch } = data as unknown as {
      name: string;
      patch: { status: { loadBalancer: { ingress: { ip: string }[] | null } } };
    };
    return [name, patch.status.loadBalancer.ingress?.[0]?.ip ?? null];
  });
const problems = (...services: ObjectOf<'services'>[]) =>
  decideLoadBalancers({ services, ranges: [V4] })
    .notes?.filter(({ type }) => type === 'Warning')
    .map(({ about, reason, message }) => [about.name, reason, message]);

describe('addresses of load balancers', () => {
  it('are the lowest that no other has, to the oldest Service first', () => {
    const old = { ...balancer('z'), metadata: { ...balancer('z').metadata, creationTimestamp: at(-5) } };
    expect(given(balancer('a'), balancer('has', {}, '172.30.0.200'), old, service('plain'))).toEqual([
      ['z', '172.30.0.201'],
      ['a', '172.30.0.202'],
    ]);
  });

  it('are what a Service asks for, when it can be had', () => {
    expect(given(balancer('a', { loadBalancerIP: '172.30.0.202' }), balancer('b'))).toEqual([
      ['a', '172.30.0.202'],
      ['b', '172.30.0.200'],
    ]);
    const has = balancer('has', {}, '172.30.0.200');
    expect(given(has, balancer('a', { loadBalancerIP: '172.30.0.200' }))).toEqual([]);
    expect(problems(has, balancer('a', { loadBalancerIP: '172.30.0.200' }))).toEqual([
      ['a', 'SyncLoadBalancerFailed', "Error syncing load balancer: 172.30.0.200 is another Service's"],
    ]);
    expect(problems(balancer('a', { loadBalancerIP: '10.0.0.1' }))).toEqual([
      ['a', 'SyncLoadBalancerFailed', 'Error syncing load balancer: 10.0.0.1 is not in 172.30.0.200-172.30.0.202'],
    ]);
  });

  it('run out, which is told', () => {
    const services = ['a', 'b', 'c', 'd'].map((name) => balancer(name));
    expect(given(...services)).toHaveLength(3);
    expect(problems(...services)).toEqual([
      ['d', 'SyncLoadBalancerFailed', 'Error syncing load balancer: no address is left in 172.30.0.200-172.30.0.202'],
    ]);
  });

  it('are another controller’s where the Service has a class, and stay where someone else wrote one', () => {
    expect(given(balancer('a', { loadBalancerClass: 'example.com/cloud' }), balancer('b', {}, '203.0.113.7'))).toEqual(
      [],
    );
  });
});

describe('addresses of load balancers of both families', () => {
  const status = (...ips: string[]) => ({ loadBalancer: { ingress: ips.map((ip) => ({ ip, ipMode: 'VIP' })) } });
  const having = (spec: object, ...ips: string[]) => ({ ...balancer('a', spec), status: status(...ips) });
  const written = (...services: ObjectOf<'services'>[]) =>
    decideLoadBalancers({ services, ranges: [V4, V6] }).commands.map(
      ({ data }) => (data as unknown as { patch: { status: unknown } }).patch.status,
    );

  it('are one of each that the Service has and there is a range of', () => {
    expect(written(balancer('a', DUAL), balancer('b'), balancer('c', { ipFamilies: ['IPv6'] }))).toEqual([
      status('172.30.0.200', 'fd00:30::200'),
      status('172.30.0.201'),
      status('fd00:30::201'),
    ]);
    expect(given(balancer('a', DUAL))).toEqual([['a', '172.30.0.200']]);
  });

  it('come and go with the family, and the other one stays', () => {
    expect(written(having(DUAL, '172.30.0.202'))).toEqual([status('172.30.0.202', 'fd00:30::200')]);
    expect(written(having({ ipFamilies: ['IPv4'] }, '172.30.0.202', 'fd00:30::200'))).toEqual([status('172.30.0.202')]);
    expect(written(having(DUAL, '172.30.0.202', 'fd00:30::201'))).toEqual([]);
  });

  it('are what the Service asks for in the family of that', () => {
    expect(written(balancer('a', { ...DUAL, loadBalancerIP: 'fd00:30:0::201' }))).toEqual([
      status('172.30.0.200', 'fd00:30::201'),
    ]);
  });

  it('stay as someone else wrote them', () => {
    expect(written(having(DUAL, '203.0.113.7'))).toEqual([]);
  });
});

describe('the controller of load balancers', () => {
  const ingress = (cluster: TestCluster, name: string) =>
    cluster.journal.get('services', 'default', name)?.status?.loadBalancer?.ingress;

  it('gives an address, takes it back with the type, and gives it to who waits for one', async () => {
    const cluster = new TestCluster();
    cluster.run(loadBalancerController([{ ...V4, last: V4.first }]));
    const spec = { type: 'LoadBalancer', selector: { app: 'web' }, ports: [{ port: 80, protocol: 'TCP' }] };
    await cluster.create('namespaces', { metadata: { name: 'default' } });
    for (const name of ['a', 'b']) await cluster.create('services', { metadata: { name }, spec });
    await cluster.settle();
    expect(ingress(cluster, 'a')).toEqual([{ ip: '172.30.0.200', ipMode: 'VIP' }]);
    expect(ingress(cluster, 'b')).toBeUndefined();
    expect(cluster.notes.map(({ reason, about }) => [reason, about.name])).toContainEqual([
      'SyncLoadBalancerFailed',
      'b',
    ]);
    await cluster.patch('services', 'a', { spec: { type: 'ClusterIP' } });
    await cluster.settle();
    expect(ingress(cluster, 'a')).toBeUndefined();
    expect(ingress(cluster, 'b')).toEqual([{ ip: '172.30.0.200', ipMode: 'VIP' }]);
  });
});
