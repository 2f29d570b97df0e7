import { spawn, type ChildProcess } from 'node:child_process';
import type { Node } from '@shiplog/contracts';
import { runProgram } from '@shiplog/hostnet';
import { eventually, Namespace } from '@shiplog/testing';
import { pino } from 'pino';
import { wireguardLink } from '../domain/names';
import { PodInterfaces } from '../pods/pod-interfaces';
import { LivePod } from '../policies/testing/live-pod';
import { aNode } from '../testing/builders';
import { cleanUp } from './clean-up';
import { OverlaySync, type SyncOutcome } from './overlay-sync';

const id = process.pid.toString(36);
const logger = pino({ level: 'silent' });
const SCOPE = { clusterCidr: '10.244.0.0/16', serviceCidr: '10.96.0.0/16', nodeCidrPrefix: 24 };
const OWN = { role: 'node', nodeIp: '', underlayInterface: '' } as const;
/** Counts what comes to a minion from the other, by how it travels. */
const COUNTERS = `
table ip seen {
  chain come {
    type filter hook prerouting priority -400;
    iifname "eth0" udp dport 51820 counter
    iifname "eth0" ip saddr 10.244.0.0/16 counter
  }
}`;

/** Two minions on one link, each with its agent and a pod. */
const minions: Namespace[] = [];
const syncs: OverlaySync[] = [];
const pods: LivePod[] = [];
const addresses: string[] = [];
/** What stands in for a kernel that has no WireGuard: a process that speaks it, behind the same interface. */
const programs: ChildProcess[] = [];
let hasKernel: boolean;

const minion = (n: number) => minions[n - 1] as Namespace;
const sync = (n: number) => syncs[n - 1] as OverlaySync;
const nameOf = (n: number) => `minion-${n}-${id}`;

beforeAll(async () => {
  for (const n of [1, 2]) minions.push(await Namespace.make(`slw${n}-${id}`));
  await minion(1).ip(`link add eth0 type veth peer name eth0 netns ${minion(2).name}`);
  for (const n of [1, 2]) {
    await minion(n).ip(`address add 172.30.0.${10 + n}/24 dev eth0`, 'link set eth0 up', 'route add default dev eth0');
    const config = { ...OWN, ...SCOPE, nodeName: nameOf(n), backend: 'wireguard' as const, podMtu: 0, natsUrl: '' };
    syncs.push(new OverlaySync({ ...config, natsUrl: 'nats://192.0.2.1' }, minion(n).network, logger));
  }
  hasKernel = await minion(1)
    .ip('link add probe type wireguard', 'link delete probe')
    .then(
      () => true,
      () => false,
    );
  await minion(2).run('nft', ['-f', '-'], COUNTERS);
});

afterAll(async () => {
  for (const pod of pods) pod.stop();
  for (const program of programs) program.kill();
  for (const namespace of minions) await namespace.remove();
});

/** A node that says where it is as its agent wants it to. */
async function nodes(): Promise<Node[]> {
  const bare = [1, 2].map((n) => ({ ...aNode(n, { annotations: {} }), metadata: { name: nameOf(n) } }));
  const said = await Promise.all(bare.map((node, index) => sync(index + 1).run([{ ...node, spec: {} }])));
  return bare.map((node, index) => ({
    ...node,
    metadata: { ...node.metadata, annotations: said[index]?.annotations },
  }));
}

async function settled(n: number, all: readonly Node[]): Promise<Extract<SyncOutcome, { state: 'done' }>> {
  const outcome = await sync(n).run(all);
  if (outcome.state !== 'done') throw new Error(outcome.reason);
  await sync(n).writeRules(outcome.podCidr, () => [], { anyway: false });
  return outcome;
}

/** Packets that came encrypted, and that came as they are. */
async function seen(): Promise<number[]> {
  const listed = await minion(2).run('nft', ['list', 'chain', 'ip', 'seen', 'come']);
  return [...listed.matchAll(/counter packets (\d+)/g)].map(([, packets]) => Number(packets));
}

describe('two minions with WireGuard', () => {
  it('refuse what the kernel has not got, by name, and send nothing another way', async () => {
    if (hasKernel) return;
    await expect(settled(1, await nodes())).rejects.toThrow(
      'BACKEND is wireguard, and this kernel has no WireGuard (CONFIG_WIREGUARD, Linux 5.6 or later)',
    );
    expect(await minion(1).run('ip', ['route'])).not.toMatch(/10\.244\.(2|0)/);
  });

  it('have their pods meet encrypted under their own addresses, in packets that fit, and settle', async () => {
    for (const n of [1, 2]) {
      if (hasKernel) continue;
      const line = [`--net=/run/netns/${minion(n).name}`, 'wireguard-go', '-f', wireguardLink(nameOf(n))];
      programs.push(spawn('nsenter', line, { stdio: 'ignore' }));
      await eventually(() =>
        runProgram('wg', ['show', wireguardLink(nameOf(n))]).then(
          () => true,
          () => false,
        ),
      );
    }
    for (const n of [1, 2]) {
      const { desired, podCidr } = await settled(n, await nodes());
      const interfaces = new PodInterfaces({ podCidr, mtu: desired.bridge?.mtu ?? 0 }, minion(n).network, logger);
      const pod = await LivePod.start();
      pods.push(pod);
      addresses.push((await interfaces.attach({ uid: `wg-${n}`, namespace: 'd', name: 'p', pid: pod.pid })).ip);
    }
    await pods[1]?.listen({ tcp: [80] });
    expect(await pods[0]?.tcp(addresses[1] ?? '', 80)).toBe(addresses[0]);
    const [encrypted, plain] = await seen();
    expect(encrypted).toBeGreaterThan(2);
    expect(plain).toBe(0);
    const shown = await runProgram('nsenter', [`--net=/proc/${pods[0]?.pid}/ns/net`, 'ip', 'link', 'show', 'eth0']);
    expect(shown).toContain(' mtu 1440 ');
    const before = await runProgram('nsenter', [`--net=/run/netns/${minion(1).name}`, 'wg', 'show', 'all', 'dump']);
    await settled(1, await nodes());
    const after = await runProgram('nsenter', [`--net=/run/netns/${minion(1).name}`, 'wg', 'show', 'all', 'dump']);
    const lasting = (dump: string) => dump.split('\n').map((line) => line.split('\t').slice(0, 5).join(' '));
    expect(lasting(after)).toEqual(lasting(before));
  });

  it('send nothing to a node whose key is not known, and take nothing from pods that comes unencrypted', async () => {
    const [first, second] = (await nodes()) as [Node, Node];
    await settled(1, [first, { ...second, metadata: { ...second.metadata, annotations: {} } }]);
    const before = await seen();
    expect(await pods[0]?.tcp(addresses[1] ?? '', 80)).not.toBe(addresses[0]);
    expect((await seen())[1]).toBe(before[1]);
    await minion(1).ip('route add 10.244.2.0/24 via 172.30.0.12 dev eth0');
    expect(await pods[0]?.tcp(addresses[1] ?? '', 80)).toBe('timeout');
    expect((await seen())[1]).toBeGreaterThan(0);
    await minion(1).ip('route delete 10.244.2.0/24');
    await settled(1, [first, second]);
    expect(await pods[0]?.tcp(addresses[1] ?? '', 80)).toBe(addresses[0]);
  });

  it('carry IPv6 in the same tunnels once the cluster is dual-stack, and settle', async () => {
    const pairs = { clusterCidr: '10.244.0.0/16,fd00:10:244::/56', serviceCidr: '10.96.0.0/16,fd00:10:96::/112' };
    const both = (await nodes()).map((node, index) => {
      const podCIDRs = [`10.244.${index + 1}.0/24`, `fd00:10:244:${index + 1}::/64`];
      return { ...node, spec: { ...node.spec, podCIDRs } };
    });
    const ips: string[] = [];
    for (const n of [1, 2]) {
      const config = { ...OWN, ...SCOPE, ...pairs, nodeName: nameOf(n), backend: 'wireguard' as const, podMtu: 0 };
      syncs[n - 1] = new OverlaySync({ ...config, natsUrl: 'nats://192.0.2.1' }, minion(n).network, logger);
      const { observed, podCidr, podCidrV6 } = await settled(n, both);
      const interfaces = new PodInterfaces({ podCidr, podCidrV6, mtu: 1440 }, minion(n).network, logger);
      await interfaces.recover(observed, () => []);
      const pod = await LivePod.start();
      pods.push(pod);
      const { ips: own = [] } = await interfaces.attach({ uid: `v6-${n}`, namespace: 'd', name: 'q', pid: pod.pid });
      ips.push(own[1] ?? '');
      await pod.listen({ tcp: [80] });
    }
    // Bridges that were made a moment ago: the kernel still asks whether their own addresses are another's.
    const asked = ['-6', 'address', 'show', 'dev', 'cni0', 'tentative'];
    for (const n of [1, 2]) await eventually(async () => (await minion(n).run('ip', asked)) === '');
    expect(await pods[2]?.tcp(ips[1] ?? '', 80)).toBe(ips[0]);
    await settled(1, both);
    // By its name: where the kernel has none, those of both namespaces are shown.
    const shown = await minion(1).run('wg', ['show', wireguardLink(nameOf(1)), 'allowed-ips']);
    expect(shown.trim().split(/\s/).slice(-2).sort()).toEqual(['10.244.2.0/24', 'fd00:10:244:2::/64']);
  });

  it('go over to plain routes when they are told to, tunnel and all', async () => {
    const link = wireguardLink(nameOf(1));
    const config = { ...OWN, ...SCOPE, nodeName: nameOf(1), backend: 'host-gw' as const, podMtu: 0 };
    const plain = new OverlaySync({ ...config, natsUrl: 'nats://192.0.2.1' }, minion(1).network, logger);
    await plain.run(await nodes());
    expect(await minion(1).run('ip', ['-br', 'link'])).not.toContain(link);
    expect(await minion(1).run('ip', ['route'])).toContain('10.244.2.0/24 via 172.30.0.12 dev eth0');
  });

  it('leave nothing behind after a clean-up', async () => {
    for (const n of [1, 2]) await cleanUp({ node: nameOf(n), ...OWN, ...SCOPE }, minion(n).network);
    expect(await minion(1).run('ip', ['-br', 'link'])).not.toMatch(/^(wg|cni0|veth)/m);
    expect(await minion(1).run('ip', ['route'])).not.toContain('10.244');
  });
});
