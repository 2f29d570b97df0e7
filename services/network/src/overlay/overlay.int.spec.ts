import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import type { Node } from '@shiplog/contracts';
import { listUdpFlows, readUdpFlows, runProgram } from '@shiplog/hostnet';
import { eventually, Namespace } from '@shiplog/testing';
import { pino } from 'pino';
import { planCommands } from '../domain/commands';
import type { Backend } from '../domain/peers';
import { hostInterface, vtepMac } from '../domain/names';
import { PodInterfaces } from '../pods/pod-interfaces';
import { SourceGuard } from '../pods/source-guard';
import { aNode, annotationsOf } from '../testing/builders';
import { cleanUp } from './clean-up';
import { OverlaySync, type SyncOutcome } from './overlay-sync';
import { observe } from './observe';

const id = process.pid.toString(36);
const logger = pino({ level: 'silent' });
const SCOPE = {
  clusterCidr: '10.244.0.0/16',
  serviceCidr: '10.96.0.0/16',
  nodeCidrPrefix: 24,
  natsUrl: 'nats://user:password@172.30.0.1:4222',
};

/** A process that is only there to be in a namespace. */
const IDLE = `console.log('up'); setInterval(() => {}, 1e6);`;

/** The host with the underlay bridge, and two minions plugged into it. */
let host: Namespace;
const minions: Namespace[] = [];
const pods: ChildProcess[] = [];

beforeAll(async () => {
  host = await Namespace.make(`slh-${id}`);
  await host.ip('link add shiplog0 type bridge', 'address add 172.30.0.1/24 dev shiplog0', 'link set shiplog0 up');
  for (const n of [1, 2]) {
    const minion = await Namespace.make(`slm${n}-${id}`);
    minions.push(minion);
    await host.ip(`link add m${n} type veth peer name eth0 netns ${minion.name}`, `link set m${n} master shiplog0 up`);
    await minion.ip(
      `address add 172.30.0.${10 + n}/24 dev eth0`,
      'link set eth0 up',
      'route add default via 172.30.0.1',
    );
  }
});

afterAll(async () => {
  for (const pod of pods) pod.kill('SIGKILL');
  for (const namespace of [host, ...minions]) await namespace.remove();
});

/** A process in a network namespace of its own, as a sandbox is. */
async function aPod(): Promise<number> {
  const pod = spawn('unshare', ['--net', 'sleep', '600'], { stdio: 'ignore' });
  pods.push(pod);
  const own = readlinkSync('/proc/self/ns/net');
  await eventually(() => readlinkSync(`/proc/${pod.pid}/ns/net`) !== own);
  return pod.pid ?? 0;
}

function syncOf(n: number, backend: Backend): OverlaySync {
  const config = {
    nodeName: `minion-${n}`,
    role: 'node' as const,
    backend,
    podMtu: 0,
    nodeIp: '',
    underlayInterface: '',
    ...SCOPE,
  };
  return new OverlaySync(config, (minions[n - 1] as Namespace).network, logger);
}

async function settled(sync: OverlaySync, nodes: Node[]): Promise<Extract<SyncOutcome, { state: 'done' }>> {
  const outcome = await sync.run(nodes);
  if (outcome.state !== 'done') throw new Error(outcome.reason);
  return outcome;
}

async function interfacesOf(n: number, outcome: Extract<SyncOutcome, { state: 'done' }>): Promise<PodInterfaces> {
  const { desired, observed, podCidr } = outcome;
  const network = (minions[n - 1] as Namespace).network;
  const interfaces = new PodInterfaces({ podCidr, mtu: desired.bridge?.mtu ?? 0 }, network, logger);
  await interfaces.recover(observed, () => []);
  return interfaces;
}

const inPod = (pid: number, program: string, ...args: string[]): Promise<string> =>
  runProgram('nsenter', [`--net=/proc/${pid}/ns/net`, program, ...args]);

/** What a TCP server in one pod saw of a client in another: its address. A large answer passes the tunnel's MTU. */
async function seenFrom(client: number, server: number, ip: string, port = 7000): Promise<string> {
  const serve = `require('net').createServer((s) => { s.on('error', () => {}); s.end(s.remoteAddress + ' '.repeat(20000)); }).listen(${port}, () => console.log('up'));`;
  const child = spawn('nsenter', [`--net=/proc/${server}/ns/net`, process.execPath, '-e', serve], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const ask = `let t=''; const s=require('net').connect(${port}, '${ip}'); s.setTimeout(3000, () => s.destroy(new Error('timeout'))); s.on('data', (d) => (t += d)); s.on('end', () => console.log(t.length > 20000 ? t.trim() : 'short'));`;
    return (await inPod(client, process.execPath, '-e', ask)).trim();
  } finally {
    // Until it has ended, its port is taken.
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
}

const nodesFor = (backend: 'vxlan' | 'host-gw'): Node[] =>
  [1, 2].map((n) => aNode(n, { annotations: annotationsOf(backend, `172.30.0.${10 + n}`, vtepMac(`minion-${n}`)) }));

describe.each(['vxlan', 'host-gw'] as const)('two minions with %s', (backend) => {
  const nodes = nodesFor(backend);

  it('let pods see each other under their own addresses, and settle: a second round changes nothing', async () => {
    const outcomes = [await settled(syncOf(1, backend), nodes), await settled(syncOf(2, backend), nodes)];
    const [first, second] = [await interfacesOf(1, outcomes[0]!), await interfacesOf(2, outcomes[1]!)];
    const [a, b, c] = [await aPod(), await aPod(), await aPod()];
    const meta = { namespace: 'default', name: 'p' };
    const ipA = (await first.attach({ uid: `${backend}-a`, pid: a, ...meta })).ip;
    const ipB = (await second.attach({ uid: `${backend}-b`, pid: b, ...meta })).ip;
    const ipC = (await first.attach({ uid: `${backend}-c`, pid: c, ...meta })).ip;
    expect(await seenFrom(a, b, ipB)).toBe(`::ffff:${ipA}`);
    expect(await seenFrom(a, c, ipC)).toBe(`::ffff:${ipA}`);
    const again = await settled(syncOf(1, backend), nodes);
    expect(
      planCommands(again.desired, again.observed, { ...SCOPE, node: 'minion-1', devices: ['eth0', 'flannel.1'] }),
    ).toEqual({
      ip: [],
      bridge: [],
    });
    await first.detach(`${backend}-a`);
    await first.detach(`${backend}-c`);
    await second.detach(`${backend}-b`);
  });

  it('forget a node that is gone, and find it again', async () => {
    const network = (minions[0] as Namespace).network;
    await settled(syncOf(1, backend), nodes.slice(0, 1));
    expect(await network.run('ip', ['route'])).not.toContain('10.244.2.0');
    await settled(syncOf(1, backend), nodes);
    expect(await network.run('ip', ['route'])).toContain('10.244.2.0/24');
  });
});

describe('one minion', () => {
  it('annotates its node and waits while it has no pod network', async () => {
    const bare = aNode(1, { podCIDR: '', annotations: {} });
    const outcome = await syncOf(1, 'vxlan').run([bare]);
    expect(outcome).toMatchObject({
      state: 'waiting',
      annotations: annotationsOf('vxlan', '172.30.0.11', vtepMac('minion-1')),
    });
  });

  it('masquerades what pods send out of the cluster, and serves host ports on every address', async () => {
    const nodes = nodesFor('vxlan');
    const sync = syncOf(1, 'vxlan');
    const outcome = await settled(sync, nodes);
    const interfaces = await interfacesOf(1, outcome);
    const pod = await aPod();
    const hostPorts = (['TCP', 'SCTP', 'UDP'] as const).map((protocol) => ({
      hostPort: 8080,
      containerPort: 7000,
      protocol,
    }));
    const { ip } = await interfaces.attach({ uid: 'web', namespace: 'd', name: 'web', pid: pod, hostPorts });
    await sync.writeRules(outcome.podCidr, () => interfaces.ports(), { anyway: false });
    const node = await (minions[0] as Namespace).node(IDLE);
    const outside = await host.node(IDLE);
    expect(await seenFrom(pod, outside.pid ?? 0, '172.30.0.1')).toBe('::ffff:172.30.0.11');
    expect(await seenFrom(outside.pid ?? 0, pod, '172.30.0.11', 7000).catch(() => 'refused')).toBe('refused');
    const ask = (pid: number, to: string) =>
      inPod(
        pid,
        process.execPath,
        '-e',
        `require('net').connect(8080, '${to}').on('data', (d) => console.log(String(d))).on('error', (e) => console.log(e.code))`,
      );
    const serve = `require('net').createServer((s) => s.end(s.remoteAddress)).listen(7000, () => console.log('up'))`;
    const server = spawn('nsenter', [`--net=/proc/${pod}/ns/net`, process.execPath, '-e', serve], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    pods.push(server);
    await new Promise((resolve) => server.stdout.once('data', resolve));
    expect((await ask(outside.pid ?? 0, '172.30.0.11')).trim()).toBe('::ffff:172.30.0.1');
    expect((await ask(node.pid ?? 0, '127.0.0.1')).trim()).toBe('::ffff:10.244.1.1');
    expect((await ask(pod, '172.30.0.11')).trim()).toBe('::ffff:10.244.1.1');
    // Another protocol's port of the same number is its own; where nothing listens for it, no kernel module is needed either.
    const listed = await (minions[0] as Namespace).run('nft', ['list', 'ruleset']);
    expect(listed).toContain(`sctp . 8080 : ${ip} . 7000`);
    const flows = async () =>
      readUdpFlows(await (minions[0] as Namespace).network.netlink([listUdpFlows()])).map(({ backend }) => backend);
    const datagram = `const s = require('dgram').createSocket('udp4'); s.send('x', 8080, '172.30.0.11', () => s.close())`;
    await inPod(outside.pid ?? 0, process.execPath, '-e', datagram);
    expect(await flows()).toEqual([ip]);
    await interfaces.detach('web');
    await sync.writeRules(outcome.podCidr, () => interfaces.ports(), { anyway: false });
    expect(await flows()).toEqual([]);
    expect((await ask(outside.pid ?? 0, '172.30.0.11')).trim()).toBe('ECONNREFUSED');
    expect(ip).toMatch(/^10\.244\.1\./);
  });

  it('keeps its pods from the bus, however they ask for it, and its own processes not', async () => {
    const sync = syncOf(1, 'vxlan');
    const outcome = await settled(sync, nodesFor('vxlan'));
    const interfaces = await interfacesOf(1, outcome);
    const pod = await aPod();
    await interfaces.attach({ uid: 'curious', namespace: 'd', name: 'p', pid: pod });
    await sync.refreshBus();
    await sync.writeRules(outcome.podCidr, () => interfaces.ports(), { anyway: true });
    const bus = (await host.node(IDLE)).pid ?? 0;
    const node = (await (minions[0] as Namespace).node(IDLE)).pid ?? 0;
    expect(await seenFrom(pod, bus, '172.30.0.1', 4223)).toBe('::ffff:172.30.0.11');
    expect(await seenFrom(node, bus, '172.30.0.1', 4222)).toBe('::ffff:172.30.0.11');
    expect(await seenFrom(pod, bus, '172.30.0.1', 4222).catch(() => 'nothing')).toBe('nothing');
    // A service of the cluster's may lead there too.
    const network = (minions[0] as Namespace).network;
    const lead = 'add table ip lead\nadd chain ip lead c { type nat hook prerouting priority -100 ; }\n';
    await network.run('nft', ['-f', '-'], `${lead}add rule ip lead c ip daddr 10.96.0.9 dnat to 172.30.0.1\n`);
    expect(await seenFrom(pod, bus, '10.96.0.9', 4223)).toBe('::ffff:172.30.0.11');
    expect(await seenFrom(pod, bus, '10.96.0.9', 4222).catch(() => 'nothing')).toBe('nothing');
    await network.run('nft', ['delete', 'table', 'ip', 'lead']);
    await interfaces.detach('curious');
  });

  it('goes on with its peers when another node says what can’t be, and says so once', async () => {
    const warned: Record<string, unknown>[] = [];
    const stream = { write: (line: string) => void warned.push(JSON.parse(line) as Record<string, unknown>) };
    const config = {
      nodeName: 'minion-1',
      role: 'node' as const,
      backend: 'vxlan' as const,
      podMtu: 0,
      nodeIp: '',
      underlayInterface: '',
    };
    const network = (minions[0] as Namespace).network;
    const sync = new OverlaySync({ ...config, ...SCOPE }, network, pino({ level: 'warn' }, stream));
    const hostile = aNode(3, {
      annotations: annotationsOf(
        'vxlan',
        '172.30.0.13\nfdb add 02:00:00:00:00:66 dev flannel.1 dst 172.30.0.66',
        vtepMac('minion-3'),
      ),
    });
    const nodes = [...nodesFor('vxlan'), hostile, aNode(4, { podCIDR: '0.0.0.0/1' })];
    const { desired } = await settled(sync, nodes);
    await settled(sync, nodes);
    expect(desired.unreachable.map((item) => item.node)).toEqual(['minion-3', 'minion-4']);
    expect((await observe(network)).fdb.map((item) => item.dst)).not.toContain('172.30.0.66');
    expect(await network.run('ip', ['route'])).toContain('10.244.2.0/24');
    expect(await network.run('ip', ['route'])).not.toContain('0.0.0.0/1');
    expect(warned.map((line) => line['node'])).toEqual(['minion-3', 'minion-4']);
  });

  it('makes again what somebody deletes, tells when that is due, and its pods meet as before', async () => {
    const [first, second] = minions as [Namespace, Namespace];
    const syncs = [syncOf(1, 'vxlan'), syncOf(2, 'vxlan')] as const;
    const outcomes = [await settled(syncs[0], nodesFor('vxlan')), await settled(syncs[1], nodesFor('vxlan'))] as const;
    const [interfaces, others] = [await interfacesOf(1, outcomes[0]), await interfacesOf(2, outcomes[1])];
    const [a, b, c] = [await aPod(), await aPod(), await aPod()];
    const { ip } = await interfaces.attach({ uid: 'mend-a', namespace: 'd', name: 'p', pid: a });
    await others.attach({ uid: 'mend-b', namespace: 'd', name: 'p', pid: b });
    await interfaces.attach({ uid: 'mend-c', namespace: 'd', name: 'p', pid: c });
    let told = 0;
    const watch = syncs[0].watch(() => void told++);
    const mended = async (clients: readonly number[], ...damage: string[]) => {
      const before = told;
      await first.ip(...damage);
      await eventually(() => told > before);
      const { desired, observed } = await settled(syncs[0], nodesFor('vxlan'));
      await interfaces.mend(observed.links, desired.bridge?.mtu ?? 0);
      for (const client of clients) expect(await seenFrom(client, a, ip)).toMatch(/^::ffff:10\.244\.[12]\.\d+$/);
    };
    try {
      // A monitor that has only just been started hears nothing yet.
      await eventually(async () => {
        await first.ip('link add heard type bridge', 'link delete heard');
        return told > 0;
      });
      await mended([b, c], 'link delete cni0');
      await mended([b], 'link delete flannel.1');
      await mended([c], `link delete ${hostInterface('mend-a')}`);
      await mended([b], 'route delete 10.244.2.0/24', 'address delete 10.244.1.1/24 dev cni0');
      await mended([], 'link set eth0 mtu 1400');
      expect(await inPod(a, 'ip', 'link', 'show', 'eth0')).toContain(' mtu 1350 ');
      expect(await first.run('ip', ['link', 'show', hostInterface('mend-a')])).toContain(' mtu 1350 ');
      await mended([], 'link set eth0 mtu 1500', 'route change default via 172.30.0.1 mtu 1300');
      expect(await inPod(c, 'ip', 'link', 'show', 'eth0')).toContain(' mtu 1450 ');
    } finally {
      watch.stop();
      await first.ip('link set eth0 mtu 1500', 'route replace default via 172.30.0.1');
    }
    for (const uid of ['mend-a', 'mend-c']) await interfaces.detach(uid);
    await others.detach('mend-b');
    expect(await second.run('ip', ['-br', 'link'])).not.toContain('veth');
  });

  it('answers the same pod the same, takes over after a restart, and drops pods that nobody knows', async () => {
    const outcome = await settled(syncOf(1, 'vxlan'), nodesFor('vxlan'));
    const interfaces = await interfacesOf(1, outcome);
    const pid = await aPod();
    const request = { uid: 'same', namespace: 'd', name: 'p', pid };
    const replies = await Promise.all([
      interfaces.attach(request),
      interfaces.attach(request),
      interfaces.attach(request),
    ]);
    expect(new Set(replies.map((item) => item.ip)).size).toBe(1);
    const network = (minions[0] as Namespace).network;
    const later = await interfacesOf(1, { ...outcome, observed: await observe(network) });
    expect(later.count).toBe(1);
    expect(await later.attach(request)).toEqual(replies[0]);
    const other = await later.attach({ ...request, uid: 'other', pid: await aPod() });
    expect(other.ip).not.toBe(replies[0]?.ip);
    const last = await interfacesOf(1, { ...outcome, observed: await observe(network) });
    expect(last.orphans(new Set(['other']))).toEqual(['same']);
    await last.detach('same');
    await last.detach('other');
    await last.detach('never there');
    expect((await observe(network)).links.filter((link) => link.ifname.startsWith('veth'))).toEqual([]);
  });

  it('gives a pod whose process was replaced the same address in its new namespace', async () => {
    const interfaces = await interfacesOf(1, await settled(syncOf(1, 'vxlan'), nodesFor('vxlan')));
    const first = await interfaces.attach({ uid: 're', namespace: 'd', name: 'p', pid: await aPod() });
    const pid = await aPod();
    expect(await interfaces.attach({ uid: 're', namespace: 'd', name: 'p', pid })).toEqual(first);
    expect(await inPod(pid, 'ip', '-4', '-br', 'address')).toContain(first.ip);
    await interfaces.detach('re');
  });

  it('says so when the pod’s process is gone, and keeps no address for it', async () => {
    const interfaces = await interfacesOf(1, await settled(syncOf(1, 'vxlan'), nodesFor('vxlan')));
    await expect(interfaces.attach({ uid: 'x', namespace: 'd', name: 'p', pid: 4_000_000 })).rejects.toThrow('is gone');
    expect(interfaces.count).toBe(0);
  });

  it('attaches a pod in at most 15 ms in the middle', async () => {
    const outcome = await settled(syncOf(1, 'vxlan'), nodesFor('vxlan'));
    const network = (minions[0] as Namespace).network;
    const sources = new SourceGuard('minion-1', network, logger);
    await sources.start(outcome.podCidr, []);
    const interfaces = new PodInterfaces({ podCidr: outcome.podCidr, mtu: 1450 }, network, logger, [sources]);
    const times: number[] = [];
    for (let n = 0; n < 15; n++) {
      const pid = await aPod();
      const started = performance.now();
      await interfaces.attach({ uid: `t${n}`, namespace: 'd', name: 'p', pid });
      times.push(performance.now() - started);
    }
    for (let n = 0; n < 15; n++) await interfaces.detach(`t${n}`);
    times.sort((a, b) => a - b);
    process.stdout.write(`attach: median ${times[7]?.toFixed(1)} ms, slowest ${times[14]?.toFixed(1)} ms\n`);
    expect(times[7]).toBeLessThan(60);
  });
});

describe('the host', () => {
  it('reaches pods by routes alone, and a clean-up leaves nothing anywhere', async () => {
    const nodes = nodesFor('vxlan');
    const interfaces = await interfacesOf(1, await settled(syncOf(1, 'vxlan'), nodes));
    const pod = await aPod();
    const { ip } = await interfaces.attach({ uid: 'h', namespace: 'd', name: 'p', pid: pod });
    const config = {
      nodeName: 'host',
      role: 'host' as const,
      backend: 'vxlan' as const,
      podMtu: 0,
      nodeIp: '172.30.0.1',
      underlayInterface: '',
    };
    await settled(new OverlaySync({ ...config, ...SCOPE }, host.network, logger), nodes);
    const outside = await host.node(IDLE);
    expect(await seenFrom(outside.pid ?? 0, pod, ip)).toBe('::ffff:172.30.0.1');
    await host.ip('route add 0.0.0.0/1 via 172.30.0.12 dev shiplog0 proto 201', 'route add 192.0.2.0/24 dev shiplog0');
    const wild = aNode(2, { podCIDR: '0.0.0.0/1' });
    await settled(new OverlaySync({ ...config, ...SCOPE }, host.network, logger), [...nodes.slice(0, 1), wild]);
    expect(await host.run('ip', ['route'])).not.toContain('0.0.0.0/1');
    expect(await host.run('ip', ['route'])).toContain('192.0.2.0/24');
    expect(await host.run('ip', ['route'])).toContain('10.96.0.0/16 via 172.30.0.11');
    await cleanUp({ node: 'host', ...config, ...SCOPE }, host.network);
    expect(await host.run('ip', ['route'])).not.toContain('10.');
    for (const [index, minion] of minions.entries()) {
      await cleanUp(
        { node: `minion-${index + 1}`, role: 'node', nodeIp: '', underlayInterface: '', ...SCOPE },
        minion.network,
      );
      expect((await observe(minion.network)).links.map((link) => link.ifname).sort()).toEqual(['eth0', 'lo']);
      expect(await minion.run('nft', ['list', 'ruleset'])).toBe('');
    }
  });
});
