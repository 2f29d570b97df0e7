import type { AppliedEvent } from '@shiplog/cluster';
import type { NetworkPolicy, StoredObject } from '@shiplog/contracts';
import { eventually, Namespace } from '@shiplog/testing';
import { pino } from 'pino';
import { OverlaySync } from '../overlay/overlay-sync';
import { cleanUp } from '../overlay/clean-up';
import { PodInterfaces } from '../pods/pod-interfaces';
import { aNode } from '../testing/builders';
import { PodPolicies } from './pod-policies';
import { PolicyRules } from './policy-rules';
import { aPolicy, apps } from './testing/builders';
import { LivePod } from './testing/live-pod';

const logger = pino({ level: 'silent' });
const SCOPE = { clusterCidr: '10.244.0.0/16', serviceCidr: '10.96.0.0/16' };
const OWN = { nodeName: 'minion-1', role: 'node' as const, nodeIp: '', underlayInterface: '' };
const POD_CIDR = '10.244.1.0/24';

/** The host outside of the cluster, and a minion. */
let host: Namespace;
let minion: Namespace;
let outside: LivePod;
let node: LivePod;
let interfaces: PodInterfaces;
let policies: PodPolicies;
let live: LivePod[];
/** What the cluster has. */
let objects: Map<string, StoredObject>;

beforeAll(async () => {
  const id = process.pid.toString(36);
  host = await Namespace.make(`slph-${id}`);
  minion = await Namespace.make(`slpm-${id}`);
  await host.ip(`link add m1 type veth peer name eth0 netns ${minion.name}`);
  await host.ip('address add 172.30.0.1/24 dev m1', 'link set m1 up', 'route add 10.244.0.0/16 via 172.30.0.11');
  await minion.ip('address add 172.30.0.11/24 dev eth0', 'link set eth0 up', 'route add default via 172.30.0.1');
  [outside, node] = await Promise.all([LivePod.start(host.name), LivePod.start(minion.name)]);
  await outside.listen({ tcp: [80] });
});

afterAll(async () => {
  for (const pod of [outside, node]) pod.stop();
  for (const namespace of [minion, host]) await namespace.remove();
});

beforeEach(async () => {
  [live, objects] = [[], new Map()];
  const config = {
    ...OWN,
    ...SCOPE,
    backend: 'host-gw' as const,
    podMtu: 0,
    nodeCidrPrefix: 24,
    natsUrl: 'nats://192.0.2.1',
  };
  const outcome = await new OverlaySync(config, minion.network, logger).run([aNode(1)]);
  if (outcome.state !== 'done') throw new Error(outcome.reason);
  policies = aProcess();
  interfaces = new PodInterfaces({ podCidr: POD_CIDR, mtu: 1500 }, minion.network, logger, [policies]);
  await policies.start(POD_CIDR, []);
  await change('namespaces', { metadata: { name: 'default', labels: {} } });
});

afterEach(async () => {
  await cleanUp({ node: OWN.nodeName, ...OWN, ...SCOPE }, minion.network);
  for (const pod of live) pod.stop();
});

/** The part of a network service that has to do with policies, as a process has it that has just heard of the cluster. */
function aProcess(): PodPolicies {
  const started = new PodPolicies(new PolicyRules(OWN.nodeName, minion.network, logger), logger);
  const list = (resource: string) =>
    [...objects].filter(([key]) => key.startsWith(`${resource} `)).map(([, object]) => object);
  started.load({ list: list as never });
  return started;
}

/** An object of the cluster becomes this one, and the rules with it. */
async function change(
  resource: string,
  object: object | undefined,
  { metadata } = object as StoredObject,
): Promise<void> {
  const { namespace = '', name } = metadata;
  const key = `${resource} ${namespace} ${name}`;
  const before = objects.get(key);
  const event = { resource, namespace, name } as AppliedEvent['event'];
  if (object === undefined) objects.delete(key);
  else objects.set(key, object as StoredObject);
  policies.take([{ event, ...(before && { before }), ...(object && { after: object as StoredObject }) }]);
  await policies.sync();
}

const POLICIES = 'networkpolicies.networking.k8s.io';
const enforce = (...all: NetworkPolicy[]) => Promise.all(all.map((policy) => change(POLICIES, policy)));

interface Spec {
  readonly namespace?: string;
  readonly ports?: object[];
}

/** What the cluster says of a pod. */
function podObject(name: string, { namespace = 'default', ports = [] }: Spec = {}): object {
  const metadata = { name, namespace, uid: `uid-${name}`, labels: { app: name } };
  return { metadata, spec: { containers: [{ name: 'c', ports }] }, status: { phase: 'Running' } };
}

/** A pod with servers on TCP 80 and 81 and on UDP 53, connected. */
async function aPod(name: string, spec: Spec = {}): Promise<LivePod & { ip: string }> {
  await change('pods', podObject(name, spec));
  const pod = await LivePod.start();
  live.push(pod);
  await pod.listen({ tcp: [80, 81], udp: [53] });
  return Object.assign(pod, { ip: await attach(name, pod) });
}

async function attach(name: string, pod: LivePod): Promise<string> {
  return (await interfaces.attach({ uid: `uid-${name}`, namespace: 'default', name, pid: pod.pid })).ip;
}

const DENY = aPolicy('deny', { podSelector: apps('db'), policyTypes: ['Ingress'] });
const FROM_WEB = aPolicy('from-web', {
  podSelector: apps('db'),
  ingress: [{ from: [{ podSelector: apps('web') }], ports: [{ port: 80, protocol: 'TCP' }] }],
});

describe('network policies', () => {
  it('let pods of one bridge reach what they allow, and nothing else; others and the node as before', async () => {
    const [db, web, other] = [await aPod('db'), await aPod('web'), await aPod('other')];
    expect(await other.tcp(db.ip, 80)).toBe(other.ip);
    await enforce(DENY, FROM_WEB);
    expect(await web.tcp(db.ip, 80)).toBe(web.ip);
    expect(await web.tcp(db.ip, 81)).toBe('timeout');
    expect(await web.udp(db.ip, 53)).toBe('timeout');
    expect(await other.tcp(db.ip, 80)).toBe('timeout');
    expect(await db.tcp(other.ip, 80)).toBe(db.ip);
    expect(await other.tcp(web.ip, 80)).toBe(other.ip);
    expect(await node.tcp(db.ip, 81)).toBe('10.244.1.1');
    expect(await outside.tcp(db.ip, 80)).toBe('timeout');
    expect(await outside.tcp(other.ip, 80)).toBe('172.30.0.1');
  });

  it('stand before the first packet of a pod', async () => {
    const [db, free] = [await aPod('db'), await aPod('free')];
    await enforce(DENY, aPolicy('quiet', { podSelector: apps('quiet'), policyTypes: ['Egress'] }));
    for (const name of ['quiet', 'loud']) await change('pods', podObject(name));
    const [quiet, loud] = [await LivePod.start(), await LivePod.start()];
    live.push(quiet, loud);
    await quiet.flood('10.244.1.3', 53);
    await attach('quiet', quiet);
    await loud.flood(db.ip, 53);
    await attach('loud', loud);
    expect(free.ip).toBe('10.244.1.3');
    await eventually(async () => (await policies.drops()).filter(({ port }) => port === 53).length === 2);
    expect([await db.received(), await free.received()]).toEqual([0, 0]);
    await enforce(aPolicy('quiet', { podSelector: apps('nobody') }));
    await eventually(async () => Number(await free.received()) > 0);
  });

  it('leave connections that are there alone, and refuse new ones', async () => {
    const [db, other] = [await aPod('db'), await aPod('other')];
    expect(await other.hold(db.ip, 80)).toBe(other.ip);
    await enforce(DENY, aPolicy('other', { podSelector: apps('other'), policyTypes: ['Egress'] }));
    expect(await other.say()).toBe('still here');
    expect(await other.tcp(db.ip, 80)).toBe('timeout');
  });

  it('follow labels of pods and namespaces, policies and their ends', async () => {
    const [db, guest] = [await aPod('db'), await aPod('guest', { namespace: 'guests' })];
    await change('namespaces', { metadata: { name: 'guests', labels: {} } });
    const policy = aPolicy('friends', {
      podSelector: apps('db'),
      ingress: [{ from: [{ namespaceSelector: { matchLabels: { friend: 'yes' } }, podSelector: apps('guest') }] }],
    });
    await enforce(policy);
    expect(await guest.tcp(db.ip, 80)).toBe('timeout');
    await change('namespaces', { metadata: { name: 'guests', labels: { friend: 'yes' } } });
    expect(await guest.tcp(db.ip, 80)).toBe(guest.ip);
    const relabelled = podObject('guest', { namespace: 'guests' }) as StoredObject;
    await change('pods', { ...relabelled, metadata: { ...relabelled.metadata, labels: { app: 'stranger' } } });
    expect(await guest.tcp(db.ip, 80)).toBe('timeout');
    await change(POLICIES, undefined, policy as unknown as StoredObject);
    expect(await guest.tcp(db.ip, 80)).toBe(guest.ip);
  });

  it('judge what goes through a Service by the pod behind it, and a pod always reaches itself', async () => {
    const [db, web, other] = [await aPod('db'), await aPod('web'), await aPod('other')];
    const lead = 'add table ip lead\nadd chain ip lead c { type nat hook prerouting priority -100 ; }\n';
    const rule = `add rule ip lead c ip daddr 10.96.0.9 tcp dport 8080 dnat to ${db.ip}:80\n`;
    const hairpin = `add chain ip lead p { type nat hook postrouting priority 100 ; }\nadd rule ip lead p ip saddr ${db.ip} ip daddr ${db.ip} masquerade\n`;
    await minion.network.run('nft', ['-f', '-'], lead + rule + hairpin);
    await enforce(
      FROM_WEB,
      aPolicy('web-out', {
        podSelector: apps('web'),
        egress: [{ to: [{ podSelector: apps('db') }], ports: [{ port: 80 }] }],
      }),
    );
    expect(await web.tcp('10.96.0.9', 8080)).toBe(web.ip);
    expect(await other.tcp('10.96.0.9', 8080)).toBe('timeout');
    expect(await db.tcp('10.96.0.9', 8080)).toBe('10.244.1.1');
    await minion.network.run('nft', ['delete', 'table', 'ip', 'lead']);
  });

  it('know networks with exceptions, ranges and names of ports', async () => {
    const db = await aPod('db', { ports: [{ name: 'web', containerPort: 80 }] });
    const web = await aPod('web');
    const block = (except: string[]) =>
      aPolicy('block', {
        podSelector: apps('db'),
        ingress: [
          {
            from: [{ ipBlock: { cidr: '0.0.0.0/0', except } }],
            ports: [{ port: 'web' }, { port: 50, endPort: 60, protocol: 'UDP' }],
          },
        ],
      });
    await enforce(block(['172.30.0.0/24', '192.168.0.0/16']));
    expect(await outside.tcp(db.ip, 80)).toBe('timeout');
    expect([await web.tcp(db.ip, 80), await web.tcp(db.ip, 81)]).toEqual([web.ip, 'timeout']);
    expect(await web.udp(db.ip, 53)).toBe('seen');
    await enforce(block([]));
    expect(await outside.tcp(db.ip, 80)).toBe('172.30.0.1');
    await enforce(
      aPolicy('out', { podSelector: apps('web'), policyTypes: ['Egress'], egress: [{ ports: [{ port: 'web' }] }] }),
    );
    expect([await web.tcp(db.ip, 80), await web.tcp('172.30.0.1', 80)]).toEqual([web.ip, 'timeout']);
  });

  it('say what they have refused, and which of them', async () => {
    const [db, other] = [await aPod('db'), await aPod('other')];
    await enforce(DENY, FROM_WEB);
    await other.tcp(db.ip, 81);
    await other.udp(db.ip, 53);
    const common = {
      direction: 'Ingress',
      source: other.ip,
      sourcePod: 'default/other',
      destination: db.ip,
      destinationPod: 'default/db',
      policies: ['default/deny', 'default/from-web'],
    };
    const drops = await policies.drops();
    expect(drops.find(({ protocol }) => protocol === 'tcp')).toMatchObject({ ...common, port: 81 });
    expect(drops.find(({ protocol }) => protocol === 'udp')).toMatchObject({ ...common, port: 53, packets: 1 });
  });

  it('come back when someone takes them from the kernel', async () => {
    const [db, other] = [await aPod('db'), await aPod('other')];
    await enforce(DENY);
    const before = await tables();
    await policies.verify();
    expect(await tables()).toEqual(before);
    await minion.network.run('nft', ['flush', 'ruleset']);
    expect(await other.tcp(db.ip, 80)).toBe(other.ip);
    await policies.verify();
    expect(await other.tcp(db.ip, 80)).toBe('timeout');
    const [table] = await tables();
    await minion.network.run('nft', ['flush', 'table', 'ip', table ?? '']);
    await policies.verify();
    expect(await other.tcp(db.ip, 80)).toBe('timeout');
    expect(await other.tcp(other.ip, 80)).toBe(other.ip);
    await enforce(FROM_WEB);
  });

  it('stay when their process is killed, and the next one takes over without a gap', async () => {
    const db = await aPod('db');
    await enforce(DENY);
    await change('pods', podObject('other'));
    const other = await LivePod.start();
    live.push(other);
    const ip = await attach('other', other);
    await other.flood(db.ip, 53);
    policies = aProcess();
    await policies.sync();
    expect(await other.tcp(db.ip, 80)).toBe('timeout');
    for (let n = 0; n < 5; n++) {
      await policies.start(POD_CIDR, interfaces.connected());
      policies = aProcess();
    }
    await policies.start(POD_CIDR, interfaces.connected());
    expect(await tables()).toHaveLength(1);
    expect(await db.received()).toBe(0);
    expect(ip).not.toBe('');
  });

  it('leave nothing of a pod that is gone', async () => {
    const [db] = [await aPod('db')];
    await enforce(DENY, FROM_WEB);
    await interfaces.detach('uid-db');
    await policies.sync();
    const [table = ''] = await tables();
    const text = await minion.network.run('nft', ['list', 'table', 'ip', table]);
    expect(text).not.toContain(db.ip);
    expect(text).not.toMatch(/(profile|policy|peers)_\d/);
  });

  it('keep a pod from the network of which nothing is known', async () => {
    const pod = await LivePod.start();
    live.push(pod);
    await expect(attach('nobody', pod)).rejects.toMatchObject({ status: { code: 503 } });
    expect(interfaces.count).toBe(0);
    setImmediate(() => void change('pods', podObject('nobody')));
    expect(await attach('nobody', pod)).toMatch(/^10\.244\.1\./);
  });

  it('let nothing by them that pods of one bridge send each other by IPv6', async () => {
    const [db, other] = [await aPod('db'), await aPod('other')];
    for (const [pod, address] of [
      [db, 'fe80::1:1'],
      [other, 'fe80::1:2'],
    ] as const) {
      const inside = [
        `--net=/proc/${pod.pid}/ns/net`,
        'ip',
        '-6',
        'address',
        'add',
        `${address}/64`,
        'dev',
        'eth0',
        'nodad',
      ];
      await minion.network.run('nsenter', inside);
    }
    expect(await other.udp('fe80::1:1%eth0', 53)).not.toBe('seen');
    await minion.network.run('nft', ['delete', 'table', 'ip6', 'shiplog_network_minion_1_policies']);
    // Neighbours are asked for once a second.
    await eventually(async () => (await other.udp('fe80::1:1%eth0', 53)) === 'seen');
  });
});

async function tables(): Promise<string[]> {
  const text = await minion.network.run('nft', ['list', 'tables', 'ip']);
  return [...text.matchAll(/table ip (\S+_policies_\d)/g)].map(([, name = '']) => name);
}
