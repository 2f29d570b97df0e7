import type { HostPort } from '@shiplog/contracts';
import { renderDefinitions, type Definition } from '@shiplog/hostnet';
import { cidrContains, ipv4Of, oneOf, parseCidr, parseIp, portOf, UnsoundValue } from '@shiplog/apimachinery';
import { BRIDGE } from './names';

/** A pod's ports on the node. */
export interface PodPorts {
  readonly ip: string;
  readonly hostPorts: readonly HostPort[];
}

/** Where a server listens. */
export interface ServerAddress {
  readonly ip: string;
  readonly port: number;
}

export interface RulesInput {
  readonly table: string;
  readonly podCidr: string;
  readonly clusterCidr: string;
  /** Ports that are what they must be: see `soundPorts`. */
  readonly pods: readonly PodPorts[];
  /** The interfaces of the tunnels to other nodes. */
  readonly tunnels: readonly string[];
  /** The interface that pods' packets must not come in by from other nodes, since they travel encrypted. */
  readonly unencrypted?: string;
  /** NATS' servers: no pod reaches them, since whoever does speaks to the whole cluster. */
  readonly bus: readonly ServerAddress[];
}

const ANY_ADDRESS = ['', '0.0.0.0'];
const LOOPBACK = parseCidr('127.0.0.0/8');

/** The ports that can become rules, and what is wrong with those that can't, by their pod's address. */
export function soundPorts(pods: readonly PodPorts[]): { sound: PodPorts[]; wrong: { ip: string; reason: string }[] } {
  const wrong: { ip: string; reason: string }[] = [];
  const isSound = (ip: string, port: HostPort): boolean => {
    try {
      ipv4Of(ip);
      oneOf(port.protocol, ['TCP', 'UDP', 'SCTP']);
      portOf(port.hostPort);
      portOf(port.containerPort);
      if ((port.hostIP ?? '') !== '') ipv4Of(port.hostIP);
      return true;
    } catch (error) {
      if (!(error instanceof UnsoundValue)) throw error;
      wrong.push({ ip, reason: error.message });
      return false;
    }
  };
  const sound = pods.map(({ ip, hostPorts }) => ({ ip, hostPorts: hostPorts.filter((port) => isSound(ip, port)) }));
  return { sound, wrong };
}

/**
 * The agent's whole table as one transaction: what leaves the cluster gets the node's address, and host ports lead to
 * their pods. Small, so it is always written whole.
 */
export function renderRules(input: RulesInput): string {
  const elements = collect(input.pods);
  return [
    `add table ip ${input.table}\n`,
    renderDefinitions(input.table, definitions(input)),
    ...[...elements].map(([name, list]) => `add element ip ${input.table} ${name} { ${[...list].join(', ')} }\n`),
  ].join('');
}

function definitions({ podCidr, clusterCidr, bus, tunnels, unencrypted }: RulesInput): Definition[] {
  return [
    { kind: 'map', name: 'ports_anywhere', body: 'type inet_proto . inet_service : ipv4_addr . inet_service ;' },
    {
      kind: 'map',
      name: 'ports_on_address',
      body: 'type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service ;',
    },
    { kind: 'set', name: 'hairpins', body: 'type ipv4_addr . ipv4_addr ;' },
    {
      kind: 'chain',
      name: 'host_ports',
      rules: [
        'dnat ip to ip daddr . meta l4proto . th dport map @ports_on_address',
        'fib daddr type local dnat ip to meta l4proto . th dport map @ports_anywhere',
      ],
    },
    nat('prerouting', -100, ['jump host_ports']),
    nat('output', -100, ['jump host_ports']),
    nat('postrouting', 100, [
      'ct status dnat ip saddr . ip daddr @hairpins masquerade fully-random',
      `ip saddr 127.0.0.0/8 ip daddr ${podCidr} masquerade fully-random`,
      `ip saddr ${podCidr} ip daddr != ${clusterCidr} ip daddr != 224.0.0.0/4 masquerade fully-random`,
      // From outside through this node to another's pods: the answer must come back through the same tunnel.
      `ip saddr != ${clusterCidr} oifname { ${tunnels.map((name) => `"${name}"`).join(', ')} } masquerade fully-random`,
    ]),
    {
      kind: 'chain',
      name: 'loopback_guard',
      hook: 'type filter hook prerouting priority -300 ; policy accept ;',
      rules: [`iifname "${BRIDGE}" ip daddr 127.0.0.0/8 drop`],
    },
    ...plaintextGuard(clusterCidr, unencrypted),
    ...busGuards(bus),
  ];
}

/** Whoever is on the link between nodes could send in a pod's name, were its packets not to come out of a tunnel. */
function plaintextGuard(clusterCidr: string, device: string | undefined): Definition[] {
  const rules = device === undefined ? [] : [`iifname "${device}" ip saddr ${clusterCidr} drop`];
  return [
    {
      kind: 'chain',
      name: 'plaintext_guard',
      hook: 'type filter hook prerouting priority -300 ; policy accept ;',
      rules,
    },
  ];
}

/**
 * What comes over the bridge is a pod's, whatever source it names; processes of the node don't come that way. A server may
 * be elsewhere, then packets to it are forwarded, or on this node, then they come in; after translation in both cases.
 */
function busGuards(bus: readonly ServerAddress[]): Definition[] {
  const rules = bus.map(({ ip, port }) => {
    // One that the node knows by a loopback address may listen on all of the node's.
    const loopback = LOOPBACK !== undefined && cidrContains(LOOPBACK, parseIp(ipv4Of(ip)) ?? 0);
    const to = loopback ? 'fib daddr type local' : `ip daddr ${ip}`;
    return `iifname "${BRIDGE}" ${to} tcp dport ${portOf(port)} drop`;
  });
  return ['forward', 'input'].map((hook) => ({
    kind: 'chain',
    name: `bus_guard_${hook}`,
    hook: `type filter hook ${hook} priority -10 ; policy accept ;`,
    rules,
  }));
}

function nat(hook: string, priority: number, rules: string[]): Definition {
  return { kind: 'chain', name: hook, hook: `type nat hook ${hook} priority ${priority} ; policy accept ;`, rules };
}

/** The first pod in order has a port that several claim: the scheduler lets none do so. */
function collect(pods: readonly PodPorts[]): Map<string, Set<string>> {
  const elements = new Map<string, Set<string>>();
  const taken = new Set<string>();
  const add = (name: string, text: string): void => {
    elements.set(name, (elements.get(name) ?? new Set()).add(text));
  };
  for (const { ip, hostPorts } of pods) {
    for (const { hostPort, containerPort, protocol, hostIP = '' } of hostPorts) {
      const port = `${protocol.toLowerCase()} . ${hostPort}`;
      const [name, key] = ANY_ADDRESS.includes(hostIP)
        ? ['ports_anywhere', port]
        : ['ports_on_address', `${hostIP} . ${port}`];
      if (taken.has(key)) continue;
      taken.add(key);
      add(name, `${key} : ${ip} . ${containerPort}`);
      add('hairpins', `${ip} . ${ip}`);
    }
  }
  return elements;
}
