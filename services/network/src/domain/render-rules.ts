import type { HostPort } from '@shiplog/contracts';
import { renderDefinitions, type Definition } from '@shiplog/kernel';
import { BRIDGE, VXLAN } from './names';

/** A pod's ports on the node. */
export interface PodPorts {
  readonly ip: string;
  readonly hostPorts: readonly HostPort[];
}

export interface RulesInput {
  readonly table: string;
  readonly podCidr: string;
  readonly clusterCidr: string;
  readonly pods: readonly PodPorts[];
}

const ANY_ADDRESS = ['', '0.0.0.0'];

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

function definitions({ podCidr, clusterCidr }: RulesInput): Definition[] {
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
      `ip saddr != ${clusterCidr} oifname "${VXLAN}" masquerade fully-random`,
    ]),
    {
      kind: 'chain',
      name: 'loopback_guard',
      hook: 'type filter hook prerouting priority -300 ; policy accept ;',
      rules: [`iifname "${BRIDGE}" ip daddr 127.0.0.0/8 drop`],
    },
  ];
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
