import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { runProgram } from '@shiplog/hostnet';
import { eventually, Namespace } from '@shiplog/testing';
import { pino } from 'pino';
import type { Backend } from '../../../../services/network/src/domain/peers';
import { OverlaySync } from '../../../../services/network/src/overlay/overlay-sync';
import { PodPolicies } from '../../../../services/network/src/policies/pod-policies';
import { PolicyRules } from '../../../../services/network/src/policies/policy-rules';
import { PodInterfaces } from '../../../../services/network/src/pods/pod-interfaces';
import { SourceGuard } from '../../../../services/network/src/pods/source-guard';
import { aNode } from '../../../../services/network/src/testing/builders';
import { planServicePorts } from '../../../../services/proxy/src/domain/plan-service-ports';
import { NftablesBackend } from '../../../../services/proxy/src/nftables/nftables-backend';
import { aService, aSlice, anEndpoint } from '../../../../services/proxy/src/testing/builders';

const logger = pino({ level: 'warn' });
const CIDRS = { clusterCidr: '10.244.0.0/16', serviceCidr: '10.96.0.0/16', nodeCidrPrefix: 24 };
/** Where iperf3's server is for clients of the Service, which has one endpoint. */
const CLUSTER_IP = '10.96.0.10';
const PORT = 5201;

/** Gbit that were received, in a second, and in a second of the processor's time of both ends: that counts no neighbours. */
export interface Throughput {
  readonly perSecond: number;
  readonly perCpuSecond: number;
}

/** The part of iperf3's report that is looked at. */
interface Ended {
  readonly sum_received: { readonly bits_per_second: number };
  readonly cpu_utilization_percent: { readonly host_total: number; readonly remote_total: number };
}

interface Pod {
  readonly sandbox: ChildProcess;
  readonly ip: string;
}

/** One of the two nodes: what a network agent and a proxy make of it, and a pod with all rules that every pod has. */
interface Minion {
  readonly namespace: Namespace;
  readonly address: string;
  readonly pod: Pod;
}

/**
 * Two minions as the launcher makes them, network namespaces on a bridge, with the rules of agents and proxies and a pod
 * each, of which one policy's rules isolate the second.
 */
export class NetworkLab {
  readonly #servers: ChildProcess[] = [];

  private constructor(
    private readonly host: Namespace,
    private readonly minions: readonly [Minion, Minion],
  ) {}

  static async make(backend: Backend): Promise<NetworkLab> {
    const id = process.pid.toString(36);
    const host = await Namespace.make(`slnh-${id}`);
    await host.ip('link add shiplog0 type bridge', 'address add 172.30.0.1/24 dev shiplog0', 'link set shiplog0 up');
    const namespaces = [await aMachine(host, 1, id), await aMachine(host, 2, id)] as const;
    const [first, second] = await connectedPods(namespaces, backend);
    const lab = new NetworkLab(host, [
      { namespace: namespaces[0], address: addressOf(1), pod: first },
      { namespace: namespaces[1], address: addressOf(2), pod: second },
    ]);
    await serveAt(namespaces[0], second.ip);
    await lab.#listen();
    return lab;
  }

  /** Ways from the first minion to the second. */
  get ways(): readonly { name: 'direct' | 'pods' | 'service'; net: string; to: string }[] {
    const [first, second] = this.minions;
    const pod = netOf(first.pod);
    return [
      { name: 'direct', net: `/run/netns/${first.namespace.name}`, to: second.address },
      { name: 'pods', net: pod, to: second.pod.ip },
      { name: 'service', net: pod, to: CLUSTER_IP },
    ];
  }

  /** One connection of TCP for so many seconds. */
  async measure({ net, to }: { net: string; to: string }, seconds: number): Promise<Throughput> {
    const text = await runProgram('nsenter', [
      `--net=${net}`,
      'iperf3',
      ...['--client', to, '--port', String(PORT), '--time', String(seconds), '--omit', '0.3', '--json'],
    ]);
    const { sum_received: received, cpu_utilization_percent: cpu } = (JSON.parse(text) as { end: Ended }).end;
    const gigabits = received.bits_per_second / 1e9;
    return { perSecond: gigabits, perCpuSecond: gigabits / ((cpu.host_total + cpu.remote_total) / 100) };
  }

  async remove(): Promise<void> {
    for (const server of this.#servers) server.kill('SIGKILL');
    for (const { pod, namespace } of this.minions) {
      pod.sandbox.kill('SIGKILL');
      await namespace.remove();
    }
    await this.host.remove();
  }

  async #listen(): Promise<void> {
    const [, { namespace, pod, address }] = this.minions;
    for (const [net, ip] of [
      [`/run/netns/${namespace.name}`, address],
      [netOf(pod), pod.ip],
    ] as const) {
      const line = [`--net=${net}`, 'iperf3', '--server', '--bind', ip, '--port', String(PORT)];
      this.#servers.push(spawn('nsenter', line, { stdio: 'ignore' }));
      const listening = () => runProgram('nsenter', [`--net=${net}`, 'ss', '-Hltn', `sport = :${PORT}`]);
      await eventually(async () => (await listening()) !== '');
    }
  }
}

function addressOf(n: number): string {
  return `172.30.0.${10 + n}`;
}

function netOf({ sandbox }: Pod): string {
  return `/proc/${sandbox.pid}/ns/net`;
}

async function aMachine(host: Namespace, n: number, id: string): Promise<Namespace> {
  const namespace = await Namespace.make(`slnm${n}-${id}`);
  await host.ip(`link add m${n} type veth peer name eth0 netns ${namespace.name}`, `link set m${n} master shiplog0 up`);
  await namespace.ip(`address add ${addressOf(n)}/24 dev eth0`, 'link set eth0 up', 'route add default via 172.30.0.1');
  return namespace;
}

async function connectedPods(namespaces: readonly [Namespace, Namespace], backend: Backend): Promise<[Pod, Pod]> {
  const syncs = namespaces.map(
    ({ network }, index) =>
      new OverlaySync(
        {
          ...CIDRS,
          backend,
          nodeName: `minion-${index + 1}`,
          role: 'node',
          podMtu: 0,
          nodeIp: '',
          underlayInterface: '',
          natsUrl: 'nats://172.30.0.1:4222',
        },
        network,
        logger,
      ),
  ) as [OverlaySync, OverlaySync];
  // What a node says of itself is known after its first round.
  const bare = [1, 2].map((n) => ({ ...aNode(n, { annotations: {} }), spec: {} }));
  const said = await Promise.all(syncs.map((sync, index) => sync.run(bare.slice(index, index + 1))));
  const nodes = said.map(({ annotations }, index) => aNode(index + 1, { annotations }));
  return [await aPod(namespaces[0], syncs[0], nodes, 1), await aPod(namespaces[1], syncs[1], nodes, 2)];
}

async function aPod(
  { network }: Namespace,
  sync: OverlaySync,
  nodes: ReturnType<typeof aNode>[],
  n: number,
): Promise<Pod> {
  const outcome = await sync.run(nodes);
  if (outcome.state !== 'done') throw new Error(outcome.reason);
  const { desired, podCidr } = outcome;
  const node = `minion-${n}`;
  const guards = [policiesOf(node, network), new SourceGuard(node, network, logger)] as const;
  const interfaces = new PodInterfaces({ podCidr, mtu: desired.bridge?.mtu ?? 0 }, network, logger, guards);
  await guards[0].start(podCidr, []);
  await guards[1].start(podCidr, []);
  await sync.refreshBus();
  await sync.writeRules(podCidr, () => interfaces.ports(), { anyway: true });
  const sandbox = spawn('unshare', ['--net', 'sleep', 'infinity'], { stdio: 'ignore' });
  await once(sandbox, 'spawn');
  await eventually(async () => (await netIdOf(sandbox.pid)) !== (await netIdOf(process.pid)));
  const { ip } = await interfaces.attach({
    uid: `uid-${n}`,
    namespace: 'default',
    name: `p${n}`,
    pid: sandbox.pid ?? 0,
  });
  return { sandbox, ip };
}

function netIdOf(pid: number | undefined): Promise<string> {
  return runProgram('readlink', [`/proc/${pid}/ns/net`]);
}

/** A policy isolates the server, and lets the client in: as rules are where anybody uses policies. */
function policiesOf(node: string, network: Namespace['network']): PodPolicies {
  const policies = new PodPolicies(new PolicyRules(node, network, logger), logger);
  const pods = [1, 2].map((n) => ({
    metadata: { namespace: 'default', name: `p${n}`, uid: `uid-${n}`, labels: { app: `p${n}` } },
    spec: { containers: [{ name: 'c' }] },
    status: { phase: 'Running', podIP: `10.244.${n}.2` },
  }));
  const policy = {
    metadata: { namespace: 'default', name: 'server' },
    spec: {
      podSelector: { matchLabels: { app: 'p2' } },
      ingress: [{ from: [{ podSelector: { matchLabels: { app: 'p1' } } }] }],
    },
  };
  const objects: Readonly<Record<string, object[]>> = {
    namespaces: [{ metadata: { name: 'default', labels: {} } }],
    pods,
    'networkpolicies.networking.k8s.io': [policy],
  };
  policies.load({ list: ((resource: string) => objects[resource] ?? []) as never });
  return policies;
}

async function serveAt({ network }: Namespace, ip: string): Promise<void> {
  const options = { ...CIDRS, table: 'shiplog_proxy_measured', nodePortAddresses: [] };
  const backend = new NftablesBackend(options, logger, network);
  const service = aService('iperf', { clusterIP: CLUSTER_IP, ports: [{ port: PORT, protocol: 'TCP' }] });
  const slice = aSlice('iperf', [anEndpoint(ip, { nodeName: 'minion-2' })], {
    ports: [{ port: PORT, protocol: 'TCP' }],
  });
  backend.set('default/iperf', planServicePorts(service, [slice], { name: 'minion-1' }));
  await backend.sync();
}
