import type { ObjectOf } from '@shiplog/contracts';
import { parseIp } from '@shiplog/apimachinery';
import { TestCluster } from '../../testing/cluster';
import { at, service } from '../../testing/objects';
import { loadBalancerController } from './controller';
import { decideLoadBalancers } from './decide';

const RANGE = { first: parseIp('172.30.0.200')!, last: parseIp('172.30.0.202')! };

const balancer = (name: string, spec: object = {}, ip?: string): ObjectOf<'services'> => ({
  ...service(name, { type: 'LoadBalancer', ...spec }),
  ...(ip === undefined ? {} : { status: { loadBalancer: { ingress: [{ ip, ipMode: 'VIP' }] } } }),
});

const given = (...services: ObjectOf<'services'>[]): [string, string | null][] =>
  decideLoadBalancers({ services, range: RANGE }).commands.map(({ data }) => {
    const { name, patch } = data as unknown as {
      name: string;
      patch: { status: { loadBalancer: { ingress: { ip: string }[] | null } } };
    };
    return [name, patch.status.loadBalancer.ingress?.[0]?.ip ?? null];
  });
const problems = (...services: ObjectOf<'services'>[]) =>
  decideLoadBalancers({ services, range: RANGE })
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

describe('the controller of load balancers', () => {
  const ingress = (cluster: TestCluster, name: string) =>
    cluster.journal.get('services', 'default', name)?.status?.loadBalancer?.ingress;

  it('gives an address, takes it back with the type, and gives it to who waits for one', async () => {
    const cluster = new TestCluster();
    cluster.run(loadBalancerController({ first: RANGE.first, last: RANGE.first }));
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
