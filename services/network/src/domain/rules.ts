import type { HostPort } from '@shiplog/contracts';
import { renderDefinitions, type Definition, type TableFamily } from '@shiplog/hostnet';
import {
  canonicalIp,
  formatNetwork,
  cidrContains,
  cidrOf,
  ipOf,
  ipFamilyOf,
  oneOf,
  parseCidr,
  parseIp,
  parseNetwork,
  portOf,
  UnsoundValue,
} from '@shiplog/apimachinery';
import { BRIDGE } from './names';

/** A pod's ports on the node. */
export interface PodPorts {
  readonly ip: string;
  /** Not there where it has none. */
  readonly ipv6?: string | undefined;
  readonly hostPorts: readonly HostPort[];
}

/** Where a server listens. */
export interface ServerAddress {
  readonly ip: string;
  readonly port: number;
}

/** What rules are made of; all addresses are of one family. */
export interface RulesInput {
  readonly table: string;
  /** IPv4 unless it is said. */
  readonly family?: TableFamily;
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

const ANY_ADDRESS = ['', '0.0.0.0', '::'];
const LOOPBACK = parseCidr('127.0.0.0/8');

/** The pods with addresses of IPv6, by those, and the ports that they publish on such addresses of the node. */
export function podsOfV6(pods: readonly PodPorts[]): PodPorts[] {
  const isOfV4 = (hostIP: string): boolean => ipFamilyOf(hostIP) === 'IPv4';
  return pods.flatMap(({ ipv6, hostPorts }) =>
    ipv6 === undefined ? [] : [{ ip: ipv6, hostPorts: hostPorts.filter(({ hostIP = '' }) => !isOfV4(hostIP)) }],
  );
}

/** In a dual-stack cluster, without the ports that are published on addresses of IPv6 alone. */
export function podsOfV4(pods: readonly PodPorts[]): PodPorts[] {
  const isOfV6 = ({ hostIP = '' }: HostPort): boolean => ipFamilyOf(hostIP) === 'IPv6';
  return pods.map(({ ip, hostPorts }) => ({ ip, hostPorts: hostPorts.filter((port) => !isOfV6(port)) }));
}

/**
 * NATS' servers as they are reached by IPv6: at their own addresses, and, since a machine listens on all that it has, at those
 * of the link between the nodes.
 */
export function busOfV6(bus: readonly ServerAddress[], underlay: readonly string[]): ServerAddress[] {
  const networks = underlay.flatMap((text) => {
    const network = parseNetwork(text);
    return network === undefined ? [] : [formatNetwork(network)];
  });
  const ports = [...new Set(bus.map(({ port }) => port))];
  const onLink = ports.flatMap((port) => networks.map((ip) => ({ ip, port })));
  const own = bus.map(({ ip, port }) => ({ ip: isLoopbackText(ip) ? '::1' : ip, port }));
  const known = own.filter(({ ip }) => ip.includes(':'));
  return [...known, ...onLink];
}

/** The ports that can become rules, and what is wrong with those that can't, by their pod's address. */
export function soundPorts(
  pods: readonly PodPorts[],
  family: TableFamily = 'ip',
): { sound: PodPorts[]; wrong: { ip: string; reason: string }[] } {
  const wrong: { ip: string; reason: string }[] = [];
  const addressOf = (value: string): string => ipOf(canonicalIp(value) ?? value, family === 'ip' ? 'IPv4' : 'IPv6');
  const isSound = (ip: string, port: HostPort): boolean => {
    try {
      addressOf(ip);
      oneOf(port.protocol, ['TCP', 'UDP', 'SCTP']);
      portOf(port.hostPort);
      portOf(port.containerPort);
      if (port.hostIP !== undefined && port.hostIP !== '') addressOf(port.hostIP);
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
  const { table, family = 'ip', pods } = input;
  return [
    `add table ${family} ${table}\n`,
    renderDefinitions(table, definitions(input), family),
    ...[...collect(pods)].map(([name, list]) => `add element ${family} ${table} ${name} { ${[...list].join(', ')} }\n`),
  ].join('');
}

function definitions(input: RulesInput): Definition[] {
  const { family: ip = 'ip', podCidr, clusterCidr, bus, tunnels, unencrypted } = input;
  const [address, multicast] = ip === 'ip' ? ['ipv4_addr', '224.0.0.0/4'] : ['ipv6_addr', 'ff00::/8'];
  return [
    { kind: 'map', name: 'ports_anywhere', body: `type inet_proto . inet_service : ${address} . inet_service ;` },
    {
      kind: 'map',
      name: 'ports_on_address',
      body: `type ${address} . inet_proto . inet_service : ${address} . inet_service ;`,
    },
    { kind: 'set', name: 'hairpins', body: `type ${address} . ${address} ;` },
    {
      kind: 'chain',
      name: 'host_ports',
      rules: [
        `dnat ${ip} to ${ip} daddr . meta l4proto . th dport map @ports_on_address`,
        `fib daddr type local dnat ${ip} to meta l4proto . th dport map @ports_anywhere`,
      ],
    },
    nat('prerouting', -100, ['jump host_ports']),
    nat('output', -100, ['jump host_ports']),
    nat('postrouting', 100, [
      `ct status dnat ${ip} saddr . ${ip} daddr @hairpins masquerade fully-random`,
      ...(ip === 'ip' ? [`ip saddr 127.0.0.0/8 ip daddr ${podCidr} masquerade fully-random`] : []),
      `${ip} saddr ${podCidr} ${ip} daddr != ${clusterCidr} ${ip} daddr != ${multicast} masquerade fully-random`,
      // From outside through this node to another's pods: the answer must come back through the same tunnel.
      `${ip} saddr != ${clusterCidr} oifname { ${tunnels.map((name) => `"${name}"`).join(', ')} } masquerade fully-random`,
    ]),
    ...loopbackGuard(ip),
    ...plaintextGuard(input, unencrypted),
    ...busGuards(ip, bus),
  ];
}

/** The kernel itself takes nothing for a loopback address of IPv6 from outside, whatever is set. */
function loopbackGuard(family: TableFamily): Definition[] {
  if (family === 'ip6') return [];
  return [
    {
      kind: 'chain',
      name: 'loopback_guard',
      hook: 'type filter hook prerouting priority -300 ; policy accept ;',
      rules: [`iifname "${BRIDGE}" ip daddr 127.0.0.0/8 drop`],
    },
  ];
}

/** Whoever is on the link between nodes could send in a pod's name, were its packets not to come out of a tunnel. */
function plaintextGuard({ family = 'ip', clusterCidr }: RulesInput, device: string | undefined): Definition[] {
  const rules = device === undefined ? [] : [`iifname "${device}" ${family} saddr ${clusterCidr} drop`];
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
function busGuards(family: TableFamily, bus: readonly ServerAddress[]): Definition[] {
  const rules = bus.map(({ ip, port }) => {
    // One that the node knows by a loopback address may listen on all of the node's.
    const to = isLoopback(ip, family) ? 'fib daddr type local' : `${family} daddr ${ip}`;
    return `iifname "${BRIDGE}" ${to} tcp dport ${portOf(port)} drop`;
  });
  return ['forward', 'input'].map((hook) => ({
    kind: 'chain',
    name: `bus_guard_${hook}`,
    hook: `type filter hook ${hook} priority -10 ; policy accept ;`,
    rules,
  }));
}

/** Throws UnsoundValue for what is no address, nor a network, of the family. */
function isLoopback(ip: string, family: TableFamily): boolean {
  const name = family === 'ip' ? 'IPv4' : 'IPv6';
  return isLoopbackText(ip.includes('/') ? cidrOf(ip, name) : ipOf(ip, name));
}

function isLoopbackText(ip: string): boolean {
  return ip === '::1' || (LOOPBACK !== undefined && cidrContains(LOOPBACK, parseIp(ip) ?? 0));
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
        : ['ports_on_address', `${canonicalIp(hostIP) ?? hostIP} . ${port}`];
      if (taken.has(key)) continue;
      taken.add(key);
      add(name, `${key} : ${ip} . ${containerPort}`);
      add('hairpins', `${ip} . ${ip}`);
    }
  }
  return elements;
}
