import type { Service } from '@shiplog/contracts';
import { ProgramError, type HostNetwork } from '@shiplog/hostnet';
import type { Namespace } from '@shiplog/testing';
import { pino } from 'pino';
import { planServicePorts } from '../domain/plan-service-ports';
import { aService, anEndpoint, aSlice } from '../testing/builders';
import { Lab } from '../testing/lab';
import { cleanUp, NftablesBackend } from './nftables-backend';

const OPTIONS = {
  table: 'shiplog_proxy_n1',
  clusterCidr: '10.244.0.0/16,fd00:10:244::/56',
  serviceCidr: '10.96.0.0/16,fd00:10:96::/112',
  nodePortAddresses: [],
};
const IPV4_ALONE = { ...OPTIONS, clusterCidr: '10.244.0.0/16', serviceCidr: '10.96.0.0/16' };
const PODS = ['fd00:10:244:1::2', 'fd00:10:244:1::3', 'fd00:10:244:1::4'];
const [FIRST = '', SECOND = ''] = PODS;
const POD_GATEWAY = 'fd00:10:244:1::1';
const NODE = 'fd00:192:168:9::1';
const CLIENT = 'fd00:192:168:9::2';
const WEB = { host: 'fd00:10:96::a', port: 80 };
const NODE_PORTS = [{ port: 80, nodePort: 30080, protocol: 'TCP' as const }];

let lab: Lab;
let node: Namespace;
let ask: Lab['ask'];
let backend: NftablesBackend;

beforeAll(async () => {
  lab = await Lab.make(`6${process.pid.toString(36)}`);
  ({ node, ask } = lab);
});
afterAll(() => lab.remove());
beforeEach(async () => {
  await cleanUp(OPTIONS.table, node.network);
  backend = aBackend();
});

function aBackend(options = OPTIONS, network: HostNetwork = node.network): NftablesBackend {
  return new NftablesBackend(options, pino({ level: 'silent' }), network);
}

const web = (spec: Parameters<typeof aService>[1] = {}) =>
  aService('web', { clusterIP: '10.96.0.10', clusterIPs: ['10.96.0.10', WEB.host], ...spec });

/** Behind a service of both families these IPv6 addresses, and the first pod's IPv4 one. */
async function serve(service: Service, ...ips: string[]): Promise<void> {
  const endpoints = ips.map((ip) => anEndpoint(ip));
  const slices = [aSlice('web', [anEndpoint('10.244.1.2')]), aSlice('web', endpoints, { addressType: 'IPv6' })];
  const ofIpv6 = ips.length === 0 ? [] : slices;
  backend.set(`default/${service.metadata.name ?? ''}`, planServicePorts(service, ofIpv6, { name: 'n1' }));
  await backend.sync();
}

const tables = async (): Promise<string[]> => (await node.run('nft', ['list', 'tables'])).trim().split('\n').sort();

describe('services of both families in the kernel', () => {
  it('a cluster IP reaches every endpoint from outside, from the node and from pods, and that of IPv4 as ever', async () => {
    await serve(web(), ...PODS);
    for (const from of [ask.client, ask.node, ask.pod])
      expect(await from.backends({ ...WEB, count: 40, parallel: 6 })).toEqual(PODS);
    expect(await ask.client.backends({ host: '10.96.0.10', port: 80, count: 2 })).toEqual(['10.244.1.2']);
  });

  it('who isn’t a pod is masqueraded, and a pod that reaches itself; others see the pod', async () => {
    await serve(web(), FIRST);
    expect((await ask.pod.ask({ ...WEB, count: 1 })).found).toEqual({ [`${FIRST} ${POD_GATEWAY}`]: 1 });
    expect((await ask.client.ask({ ...WEB, count: 1 })).found).toEqual({ [`${FIRST} ${POD_GATEWAY}`]: 1 });
    await serve(web(), SECOND);
    expect((await ask.pod.ask({ ...WEB, count: 1 })).found).toEqual({ [`${SECOND} ${FIRST}`]: 1 });
  });

  it('a node port answers on the node’s address but not on ::1, and keeps the client’s address under a Local policy', async () => {
    await serve(web({ type: 'NodePort', ports: NODE_PORTS }), ...PODS);
    const asked = { port: 30080, count: 30, parallel: 4 };
    expect(await ask.client.backends({ ...asked, host: NODE })).toEqual(PODS);
    expect(await ask.node.backends({ ...asked, host: NODE })).toEqual(PODS);
    expect(await ask.node.backends({ ...asked, host: '::1', count: 2 })).toEqual(['ECONNREFUSED']);
    await serve(web({ type: 'NodePort', ports: NODE_PORTS, externalTrafficPolicy: 'Local' }), FIRST);
    expect((await ask.client.ask({ ...asked, host: NODE, count: 2 })).found).toEqual({ [`${FIRST} ${CLIENT}`]: 2 });
  });

  it('external and load balancers’ addresses answer, the latter those clients that may use them', async () => {
    const balanced = (range: string) => ({
      ...web({ type: 'LoadBalancer', loadBalancerSourceRanges: [range], externalIPs: ['2001:db8::7'] }),
      status: { loadBalancer: { ingress: [{ ip: '2001:db8::10' }] } },
    });
    await serve(balanced('fd00:192:168:9::/64'), SECOND);
    const asked = { host: '2001:db8::10', port: 80, count: 1 };
    expect(await ask.client.backends(asked)).toEqual([SECOND]);
    expect(await ask.client.backends({ ...asked, host: '2001:db8::7' })).toEqual([SECOND]);
    expect(await ask.pod.backends({ ...asked, limitMs: 500 })).toEqual(['timeout']);
  });

  it('a UDP conversation leaves a backend that is gone, also one that went while nobody looked', async () => {
    const dns = web({ ports: [{ port: 80, protocol: 'UDP' }] });
    const talk = () => ask.client.backends({ ...WEB, count: 1, udp: true, fromPort: 41_001 });
    await serve(dns, FIRST);
    expect(await talk()).toEqual([FIRST]);
    await serve(dns, SECOND);
    expect(await talk()).toEqual([SECOND]);
    backend = aBackend();
    await serve(dns, FIRST);
    expect(await talk()).toEqual([FIRST]);
  });

  it('a service without endpoints, and an address without a service, are refused at once', async () => {
    await serve(web({ type: 'NodePort', ports: NODE_PORTS }));
    for (const host of [WEB, { host: NODE, port: 30080 }, { host: 'fd00:10:96::b', port: 80 }]) {
      const { found, ms } = await ask.client.ask({ ...host, count: 1 });
      expect(found).toEqual({ ECONNREFUSED: 1 });
      expect(ms).toBeLessThan(500);
    }
    expect(await ask.node.backends({ ...WEB, count: 1, udp: true })).toEqual(['ECONNREFUSED']);
  });

  it('affinity sticks, also through changes of the other endpoints and a full load', async () => {
    const sticky = web({ sessionAffinity: 'ClientIP' });
    await serve(sticky, FIRST, SECOND);
    const [first] = await ask.client.backends({ ...WEB, count: 20 });
    expect(await ask.client.backends({ ...WEB, count: 20 })).toEqual([first]);
    await serve(sticky, ...PODS);
    backend.forceFullSync();
    await backend.sync();
    expect(await ask.client.backends({ ...WEB, count: 20 })).toEqual([first]);
    await serve(sticky, ...PODS.filter((ip) => ip !== first));
    const others = await ask.client.backends({ ...WEB, count: 20 });
    expect(others).toHaveLength(1);
    expect(others).not.toContain(first);
  });

  it('no request fails through reloads and endpoint changes', async () => {
    await serve(web(), ...PODS);
    const asked = ask.client.ask({ ...WEB, count: 500, parallel: 20 });
    for (let round = 0; round < 10; round++) {
      if (round % 2 === 0) backend.forceFullSync();
      await serve(web(), ...(round % 4 < 2 ? PODS : PODS.slice(1)));
    }
    const { found } = await asked;
    expect([...new Set(Object.keys(found).map((answer) => answer.split(' ')[0]))].sort()).toEqual(PODS);
  });
});

describe('the table of IPv6', () => {
  const IP = `table ip ${OPTIONS.table}`;
  const IP6 = `table ip6 ${OPTIONS.table}`;

  it('comes with the first service that has an IPv6 address, and goes with the last', async () => {
    backend = aBackend(IPV4_ALONE);
    await serve(web({ clusterIPs: ['10.96.0.10'] }), FIRST);
    expect(await tables()).toEqual([IP]);
    await serve(web(), FIRST);
    expect(await tables()).toEqual([IP, IP6]);
    expect(await ask.client.backends({ ...WEB, count: 2 })).toEqual([FIRST]);
    await serve(web({ clusterIPs: ['10.96.0.10'] }), FIRST);
    expect(await tables()).toEqual([IP]);
  });

  it('that an earlier proxy left goes where nobody wants it', async () => {
    await serve(web(), FIRST);
    backend = aBackend(IPV4_ALONE);
    await backend.sync();
    await backend.verify();
    expect(await tables()).toEqual([IP]);
  });

  it('is put back when someone deleted it', async () => {
    await serve(web(), FIRST);
    await node.run('nft', ['delete', 'table', 'ip6', OPTIONS.table]);
    await backend.verify();
    expect(await ask.client.backends({ ...WEB, count: 2 })).toEqual([FIRST]);
  });

  it('is done without where the kernel can’t have it, and comes when it can', async () => {
    const network: HostNetwork = { ...node.network };
    network.run = (program, args, input) =>
      input?.includes('table ip6') === true
        ? Promise.reject(new ProgramError('nft', 'Operation not supported'))
        : node.network.run(program, args, input);
    backend = aBackend(OPTIONS, network);
    await serve(web(), FIRST);
    expect(await tables()).toEqual([IP]);
    expect(backend.detail()).toContain('IPv6 addresses of services are not served: nft: Operation not supported');
    expect(await ask.client.backends({ host: '10.96.0.10', port: 80, count: 2 })).toEqual(['10.244.1.2']);
    network.run = (...given) => node.network.run(...given);
    await backend.verify();
    expect(await ask.client.backends({ ...WEB, count: 2 })).toEqual([FIRST]);
    expect(backend.detail()).toBe('1 services in nftables');
  });
});
