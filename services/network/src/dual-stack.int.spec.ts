import type { NetworkPolicy } from '@shiplog/contracts';
import { runProgram } from '@shiplog/hostnet';
import { Namespace } from '@shiplog/testing';
import { pino } from 'pino';
import type { Backend } from './domain/peers';
import { hostInterface, vtepMac } from './domain/names';
import { planCommands } from './domain/commands';
import { clusterRanges } from './domain/ranges';
import { cleanUp } from './overlay/clean-up';
import { observe } from './overlay/observe';
import { OverlaySync, type SyncOutcome } from './overlay/overlay-sync';
import { PodInterfaces } from './pods/pod-interfaces';
import { PodPolicies } from './policies/pod-policies';
import { PolicyRules } from './policies/policy-rules';
import { SourceGuard } from './pods/source-guard';
import { LivePod } from './policies/testing/live-pod';
import { aDualStackNode, annotationsOf } from './testing/builders';

type Done = Extract<SyncOutcome, { state: 'done' }>;

const id = process.pid.toString(36);
const logger = pino({ level: 'silent' });
const SCOPE = {
  clusterCidr: '10.244.0.0/16,fd00:10:244::/56',
  serviceCidr: '10.96.0.0/16,fd00:10:96::/112',
  nodeCidrPrefix: 24,
};
const OWN = { podMtu: 0, nodeIp: '', underlayInterface: '', natsUrl: 'nats://172.30.0.1:4222' };

/** The host with the underlay bridge, and two minions plugged into it; two pods on the first, one on the second. */
let host: Namespace;
const minions: Namespace[] = [];
const interfaces: PodInterfaces[] = [];
const syncs: OverlaySync[] = [];
const policies: PodPolicies[] = [];
const pods: LivePod[] = [];
const addresses: string[] = [];

const minion = (n: number) => minions[n - 1] as Namespace;
const pod = (n: number) => pods[n] as LivePod;
const address = (n: number) => addresses[n] ?? '';
const inPod = (n: number, program: string, ...args: string[]) =>
  runProgram('nsenter', [`--net=/proc/${pod(n).pid}/ns/net`, program, ...args]);
const nodesFor = (backend: 'vxlan' | 'host-gw') =>
  [1, 2].map((n) =>
    aDualStackNode(n, { annotations: annotationsOf(backend, `172.30.0.${10 + n}`, vtepMac(`minion-${n}`)) }),
  );

beforeAll(async () => {
  host = await Namespace.make(`sldh-${id}`);
  await host.ip(
    'link add shiplog0 type bridge',
    'address add 172.30.0.1/24 dev shiplog0',
    'address add fd00:172:30::1/64 dev shiplog0 nodad',
  );
  await withoutDad(host, 'shiplog0');
  for (const n of [1, 2]) {
    const namespace = await Namespace.make(`sldm${n}-${id}`);
    minions.push(namespace);
    await host.ip(
      `link add m${n} type veth peer name eth0 netns ${namespace.name}`,
      `link set m${n} master shiplog0 up`,
    );
    await namespace.ip(
      `address add 172.30.0.${10 + n}/24 dev eth0`,
      `address add fd00:172:30::${10 + n}/64 dev eth0 nodad`,
    );
    await withoutDad(namespace, 'eth0');
    await namespace.ip('route add default via 172.30.0.1');
  }
  for (const n of [1, 2]) {
    syncs.push(syncOf(n, 'vxlan'));
    const { podCidr, podCidrV6 } = await settled(n, 'vxlan', syncs[n - 1]);
    const guard = new SourceGuard(`minion-${n}`, minion(n).network, logger);
    await guard.start(podCidr, [], podCidrV6);
    const own = policiesOf(n);
    await own.start(podCidr, [], podCidrV6);
    policies.push(own);
    interfaces.push(new PodInterfaces({ podCidr, podCidrV6, mtu: 1450 }, minion(n).network, logger, [own, guard]));
  }
  for (const [name, n] of [
    ['a', 1],
    ['c', 1],
    ['b', 2],
  ] as const) {
    const own = await LivePod.start();
    pods.push(own);
    await inPod(pods.length - 1, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6');
    const reply = await interfaces[n - 1]?.attach({
      uid: `uid-${name}`,
      namespace: 'd',
      name,
      pid: own.pid,
      hostPorts: name === 'b' ? [{ hostPort: 8080, containerPort: 7000, protocol: 'TCP' }] : [],
    });
    expect(reply?.ips?.[0]).toBe(reply?.ip);
    addresses.push(reply?.ips?.[1] ?? '');
    await own.listen({ tcp: [7000], udp: [53] });
  }
});

afterAll(async () => {
  for (const own of pods) own.stop();
  for (const namespace of [host, ...minions]) await namespace.remove();
});

/** Knows the pods and where they are. */
function policiesOf(n: number): PodPolicies {
  const own = new PodPolicies(new PolicyRules(`minion-${n}`, minion(n).network, logger, { isDualStack: true }), logger);
  const places = { a: '1::2', c: '1::3', b: '2::2' };
  const objects = Object.entries(places).map(([name, place]) => ({
    metadata: { namespace: 'd', name, uid: `uid-${name}`, labels: { app: name } },
    spec: { containers: [{ name: 'c', ports: [{ name: 'web', containerPort: 7000 }] }] },
    status: { phase: 'Running', podIP: `10.244.${place.replace('::', '.')}`, podIPs: [{ ip: `fd00:10:244:${place}` }] },
  }));
  const namespaces = [{ metadata: { name: 'd' } }];
  const list = (resource: string) => (resource === 'pods' ? objects : resource === 'namespaces' ? namespaces : []);
  own.load({ list } as never);
  return own;
}

/** Puts a policy of pod a in the place of all others. */
async function enforce(spec: NetworkPolicy['spec']): Promise<void> {
  const own = policies[0] as PodPolicies;
  const after = {
    metadata: { namespace: 'd', name: 'p' },
    spec: { podSelector: { matchLabels: { app: 'a' } }, ...spec },
  };
  const event = { resource: 'networkpolicies.networking.k8s.io', namespace: 'd', name: 'p' };
  own.take([{ event, before: undefined, after: spec === undefined ? undefined : after }] as never);
  await own.sync();
}

/** As a link is that has been there for longer than the test has. */
async function withoutDad(namespace: Namespace, device: string): Promise<void> {
  await namespace.network.setting(`/proc/sys/net/ipv6/conf/${device}/accept_dad`, '0');
  await namespace.ip(`link set ${device} up`);
}

function syncOf(n: number, backend: Backend): OverlaySync {
  return new OverlaySync(
    { ...OWN, ...SCOPE, nodeName: `minion-${n}`, role: 'node', backend },
    minion(n).network,
    logger,
  );
}

async function settled(n: number, backend: 'vxlan' | 'host-gw', sync = syncOf(n, backend)): Promise<Done> {
  const outcome = await sync.run(nodesFor(backend));
  if (outcome.state !== 'done') throw new Error(outcome.reason);
  return outcome;
}

/** The commands that another round would run. */
async function left(n: number, backend: 'vxlan' | 'host-gw') {
  const { desired, observed } = await settled(n, backend);
  const scope = { ...clusterRanges(SCOPE), node: `minion-${n}`, devices: ['eth0', 'flannel.1'] };
  return planCommands(desired, observed, scope);
}

describe('pods of a dual-stack cluster', () => {
  it('have an address of each family, the same place in both of their node’s networks', () => {
    expect(addresses).toEqual(['fd00:10:244:1::2', 'fd00:10:244:1::3', 'fd00:10:244:2::2']);
  });

  it.each(['vxlan', 'host-gw'] as const)(
    'see each other by IPv6 under their own addresses with %s, and a second round changes nothing',
    async (backend) => {
      for (const n of [1, 2]) await settled(n, backend);
      expect(await pod(0).tcp(address(2), 7000)).toBe(address(0));
      expect(await pod(0).tcp(address(1), 7000)).toBe(address(0));
      expect(await left(1, backend)).toEqual({ ip: [], bridge: [] });
    },
  );

  it('meet as before when somebody has taken addresses, routes, the bridge or an interface', async () => {
    for (const n of [1, 2]) await settled(n, 'vxlan');
    const damages = [
      ['route delete fd00:10:244:2::/64', 'address delete fd00:10:244:1::1/64 dev cni0'],
      ['link delete cni0', 'link delete flannel.1', `link delete ${hostInterface('uid-a')}`],
    ];
    for (const damage of damages) {
      await minion(1).ip(...damage);
      await settled(1, 'vxlan');
      await interfaces[0]?.mend((await observe(minion(1).network)).links, 1450);
      expect(await pod(2).tcp(address(0), 7000)).toBe(address(2));
      expect(await pod(0).tcp(address(1), 7000)).toBe(address(0));
    }
  });

  it('believe no router, nor does their node by the bridge, and the node’s own way out stays as it was', async () => {
    const conf = (path: string) => `/proc/sys/net/ipv6/conf/${path}`;
    expect((await inPod(0, 'cat', conf('eth0/accept_ra'))).trim()).toBe('0');
    const paths = ['cni0/accept_ra', 'flannel.1/accept_ra', 'eth0/accept_ra', 'all/forwarding'].map(conf);
    expect((await minion(1).run('cat', paths)).trim().split('\n')).toEqual(['0', '0', '2', '1']);
  });

  it('keep their addresses over a restart of the agent', async () => {
    const bridge = { podCidr: '10.244.1.0/24', podCidrV6: 'fd00:10:244:1::/64', mtu: 1450 };
    const later = new PodInterfaces(bridge, minion(1).network, logger);
    await later.recover(await observe(minion(1).network), () => []);
    expect(new Set(later.connected().map(({ ipv6 }) => ipv6))).toEqual(new Set(addresses.slice(0, 2)));
    const again = await later.attach({ uid: 'uid-a', namespace: 'd', name: 'a', pid: pod(0).pid });
    expect(again.ips).toEqual(['10.244.1.2', address(0)]);
  });
});

describe('the way out of a dual-stack cluster, and in', () => {
  it('is by the node’s address of IPv6, by host ports, and never to the bus', async () => {
    const outside = await LivePod.start(host.name);
    pods.push(outside);
    await outside.listen({ tcp: [7000, 4222] });
    for (const n of [1, 2]) {
      const sync = syncs[n - 1] as OverlaySync;
      const { podCidr } = await settled(n, 'vxlan', sync);
      await sync.refreshBus();
      await sync.writeRules(podCidr, () => interfaces[n - 1]?.ports() ?? [], { anyway: true });
      expect(sync.stands(await sync.tables())).toBe(true);
    }
    expect(await pod(0).tcp('fd00:172:30::1', 7000)).toBe('fd00:172:30::11');
    expect(await pod(0).tcp('fd00:172:30::1', 4222)).toBe('timeout');
    expect(await outside.tcp('fd00:172:30::12', 8080)).toBe('fd00:172:30::1');
    expect(await pod(0).tcp('fd00:172:30::12', 8080)).toBe('fd00:172:30::11');
    expect(await pod(2).tcp('fd00:172:30::12', 8080)).toBe('fd00:10:244:2::1');
    await minion(2).run('nft', ['delete', 'table', 'ip6', 'shiplog_network_minion_2']);
    expect(syncs[1]?.stands((await syncs[1].tables()) ?? new Map())).toBe(false);
  });
});

describe('network policies of a dual-stack cluster', () => {
  const forget = async () => {
    for (const n of [0, 1]) await inPod(n, 'ip', '-6', 'neighbour', 'flush', 'dev', 'eth0');
  };
  const seen = (...asked: [from: number, to: string][]) =>
    Promise.all(asked.map(async ([from, to]) => /^[\da-f.:]+$/.test(String(await pod(from).tcp(to, 7000)))));

  afterAll(() => enforce(undefined));

  it('let in whom a network of IPv6 holds and none of its exceptions, and nobody of IPv4 with them', async () => {
    const ipBlock = { cidr: 'fd00:10:244::/56', except: ['fd00:10:244:1::3/128'] };
    await enforce({ policyTypes: ['Ingress'], ingress: [{ from: [{ ipBlock }], ports: [{ port: 'web' }] }] });
    await forget();
    expect(await seen([2, address(0)], [1, address(0)], [2, '10.244.1.2'])).toEqual([true, false, false]);
    expect(await pod(2).udp(address(0), 53)).toBe('timeout');
    const drops = await policies[0]?.drops();
    expect(drops).toContainEqual(
      expect.objectContaining({ source: address(1), sourcePod: 'd/c', destinationPod: 'd/a', port: 7000 }),
    );
  });

  it('choose pods by both of their addresses, and let an isolated pod find its neighbours', async () => {
    const peer = { podSelector: { matchLabels: { app: 'b' } } };
    await enforce({ policyTypes: ['Ingress', 'Egress'], ingress: [{ from: [peer] }], egress: [{ to: [peer] }] });
    await forget();
    const [a, c, b] = [0, 1, 2] as const;
    expect(await seen([a, address(b)], [b, address(a)])).toEqual([true, true]);
    expect(await seen([a, '10.244.2.2'], [b, '10.244.1.2'])).toEqual([true, true]);
    expect(await seen([a, address(c)], [c, address(a)], [a, '10.244.1.3'])).toEqual([false, false, false]);
    const neighbour = await inPod(a, 'ip', '-6', 'neighbour', 'show', address(c));
    expect(neighbour).toContain('lladdr 0a:58:0a:f4:01:03');
  });

  it('stand again after somebody has taken the rules of one family', async () => {
    const own = policies[0] as PodPolicies;
    const tables = () => syncs[0]?.tables() ?? Promise.reject(new Error('no minion'));
    expect(own.stands(await tables())).toBe(true);
    await minion(1).run('nft', ['delete', 'table', 'ip6', 'shiplog_network_minion_1_policies_0']);
    expect(own.stands(await tables())).toBe(false);
    await own.verify();
    expect(await seen([1, address(0)], [2, address(0)])).toEqual([false, true]);
  });
});

describe('a pod of both families that can send what it likes', () => {
  /** Asks by UDP from an address of the sender's choice. */
  const ASK = `const [from, to] = process.argv.slice(1);
const socket = require('dgram').createSocket('udp6').on('message', () => end('answered')).on('error', (e) => end(e.code));
const end = (text) => { console.log(text); process.exit(); };
setTimeout(() => end('nothing'), 400);
socket.bind(0, from, () => socket.send('x', 53, to));`;
  const ask = async (from: string, to = address(1)) => (await inPod(0, process.execPath, '-e', ASK, from, to)).trim();
  const FORGED = 'fd00:10:244:1::99';
  const linkLocal = async (n: number) =>
    /inet6 (fe80\S+)\//.exec(await inPod(n, 'ip', '-6', 'address', 'show', 'dev', 'eth0'))?.[1] ?? '';

  it('is heard under its own address only, and by none that reaches no further than the link', async () => {
    await inPod(0, 'ip', 'address', 'add', `${FORGED}/64`, 'dev', 'eth0', 'nodad');
    expect(await ask(address(0))).toBe('answered');
    expect(await ask(FORGED)).toBe('nothing');
    const [from, to] = [await linkLocal(0), await linkLocal(1)];
    expect(from).toMatch(/^fe80::858:aff:fef4:102$/);
    expect(await ask(`${from}%eth0`, `${to}%eth0`)).toBe('nothing');
  });

  it('draws nobody’s packets to itself by saying that it has an address that is not its own', async () => {
    await inPod(0, 'ip', 'address', 'delete', `${FORGED}/64`, 'dev', 'eth0');
    const conf = '/proc/sys/net/ipv6/conf/eth0';
    const answers = `echo 1 > ${conf}/forwarding; echo 1 > ${conf}/proxy_ndp; echo 0 > /proc/sys/net/ipv6/neigh/eth0/proxy_delay`;
    await inPod(0, 'sh', '-c', answers);
    await inPod(0, 'ip', '-6', 'neighbour', 'add', 'proxy', 'fd00:10:244:1::77', 'dev', 'eth0');
    // Asks three times, and gives up.
    await minion(1).network.setting('/proc/sys/net/ipv6/neigh/cni0/retrans_time_ms', '50');
    const connect = `const end = (text) => { console.log(text); process.exit(); };
      require('net').connect(7000, 'fd00:10:244:1::77').on('error', (e) => end(e.code)).setTimeout(1000, () => end('sent'));`;
    expect((await minion(1).run(process.execPath, ['-e', connect])).trim()).toBe('EHOSTUNREACH');
    const found = await minion(1).run('ip', ['-6', 'neighbour', 'show', 'fd00:10:244:1::77', 'dev', 'cni0']);
    expect(found).not.toContain('lladdr');
  });
});

describe('a clean-up', () => {
  it('leaves nothing of either family', async () => {
    for (const n of [1, 2]) {
      const options = { ...OWN, ...SCOPE, node: `minion-${n}`, role: 'node' as const };
      await cleanUp(options, minion(n).network);
      const { links, routes } = await observe(minion(n).network, { isDualStack: true });
      expect(links.map(({ ifname }) => ifname).sort()).toEqual(['eth0', 'lo']);
      expect(routes.filter(({ protocol }) => protocol === '201')).toEqual([]);
      expect(await minion(n).run('nft', ['list', 'ruleset'])).toBe('');
    }
  });
});
