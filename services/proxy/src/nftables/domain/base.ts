import type { Definition } from '@shiplog/hostnet';
import { keyOf, MASQUERADE_MARK, names, PLANES } from './layout';

/** What of the cluster and the node the rules depend on. */
export interface TableOptions {
  /** The table's name. */
  readonly table: string;
  /** Addresses of pods; '' when unknown: then every client counts as outside the cluster. */
  readonly clusterCidr: string;
  /** Addresses of services; '' when unknown: then an address without a service goes where routes lead. */
  readonly serviceCidr: string;
  /** Node ports answer on these addresses or networks only; empty: on every address of the node. */
  readonly nodePortAddresses: readonly string[];
}

/** The parts of the table that are there whatever services there are. */
export function renderBase(options: TableOptions): Definition[] {
  return [...maps(), ...translation(options), ...refusal(options), ...masquerading(), loopbackGuard()];
}

function maps(): Definition[] {
  const entries = PLANES.map((plane): Definition => ({
    kind: 'map',
    name: names.entries(plane),
    body: `type ${keyOf(plane).type} : verdict ;`,
  }));
  const refused = (['vip', 'port'] as const).map((plane): Definition => ({
    kind: 'map',
    name: names.refused(plane),
    body: `type ${keyOf(plane).type} : verdict ;`,
  }));
  return [
    ...entries,
    ...refused,
    { kind: 'set', name: names.hairpins, body: 'type ipv4_addr . ipv4_addr ;' },
    { kind: 'map', name: names.restricted, body: `type ${keyOf('vip').type} : classid ;` },
    { kind: 'set', name: names.sources, body: 'type classid . ipv4_addr ; flags interval ;' },
  ];
}

/** First packets of connections, arriving or made here, get their backend. */
function translation(options: TableOptions): Definition[] {
  const fromOutside = [...fromElsewhere(options), 'fib saddr type != local', 'jump from_outside'].join(' ');
  const restricted = `meta priority set ${keyOf('vip').expression} map @${names.restricted} jump source_check`;
  const lookup = (plane: (typeof PLANES)[number]): string => `${keyOf(plane).expression} vmap @${names.entries(plane)}`;
  const onNode = (rule: string): string[] => nodeAddresses(options).map((addresses) => `${addresses} ${rule}`);
  return [
    { kind: 'chain', name: 'from_outside', rules: [lookup('outside_vip'), ...onNode(lookup('outside_port'))] },
    {
      kind: 'chain',
      name: 'source_check',
      rules: [`meta priority . ip saddr != @${names.sources} drop`, 'meta priority set none'],
    },
    {
      kind: 'chain',
      name: 'services',
      rules: [restricted, fromOutside, lookup('vip'), ...onNode(lookup('port'))],
    },
    {
      kind: 'chain',
      name: 'prerouting',
      hook: 'type nat hook prerouting priority -100 ; policy accept ;',
      rules: ['jump services'],
    },
    {
      kind: 'chain',
      name: 'output',
      hook: 'type nat hook output priority -100 ; policy accept ;',
      rules: ['jump services'],
    },
  ];
}

/** What is left with a service's destination after translation has nowhere to go, and hears so at once. */
function refusal(options: TableOptions): Definition[] {
  const rules = [
    `${keyOf('vip').expression} vmap @${names.refused('vip')}`,
    ...nodeAddresses(options).map(
      (addresses) => `${addresses} ${keyOf('port').expression} vmap @${names.refused('port')}`,
    ),
    ...(options.serviceCidr === '' ? [] : [`ip daddr ${options.serviceCidr} goto refuse`]),
  ];
  const hooks = ['input', 'forward', 'output'].map((hook): Definition => ({
    kind: 'chain',
    name: `refusing_${hook}`,
    hook: `type filter hook ${hook} priority -10 ; policy accept ;`,
    rules: ['ct state new jump refusals'],
  }));
  return [
    {
      kind: 'chain',
      name: 'refuse',
      rules: ['meta l4proto tcp reject with tcp reset', 'reject with icmp port-unreachable'],
    },
    { kind: 'chain', name: 'refusals', rules },
    ...hooks,
  ];
}

/** Connections whose answers would not come back through here otherwise get this node's address. */
function masquerading(): Definition[] {
  return [
    {
      kind: 'chain',
      name: 'masquerade_marked',
      // Taken off first: a tunnel wraps the packet, mark and all, and what it sends is nobody's connection to a service.
      rules: [`meta mark set meta mark & ${~MASQUERADE_MARK >>> 0}`, 'masquerade fully-random'],
    },
    {
      kind: 'chain',
      name: 'postrouting',
      hook: 'type nat hook postrouting priority 100 ; policy accept ;',
      rules: [
        `meta mark & ${MASQUERADE_MARK} != 0 goto masquerade_marked`,
        `ct status dnat ip saddr . ip daddr @${names.hairpins} masquerade fully-random`,
      ],
    },
  ];
}

/** Node ports on 127.0.0.1 need route_localnet, which alone would open this host's loopback services to its neighbours. */
function loopbackGuard(): Definition {
  return {
    kind: 'chain',
    name: 'loopback_guard',
    hook: 'type filter hook prerouting priority -300 ; policy accept ;',
    rules: ['iif != "lo" ip daddr 127.0.0.0/8 drop'],
  };
}

/** Matches for the addresses on which node ports answer: a rule for each, since a set in a rule is lost to packets that its replacement overtakes. */
function nodeAddresses({ nodePortAddresses }: TableOptions): string[] {
  return nodePortAddresses.length === 0
    ? ['fib daddr type local']
    : nodePortAddresses.map((address) => `ip daddr ${address}`);
}

function fromElsewhere(options: TableOptions): string[] {
  return options.clusterCidr === '' ? [] : [`ip saddr != ${options.clusterCidr}`];
}
