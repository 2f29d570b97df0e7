import type { IpFamily } from '@shiplog/apimachinery';
import type { Definition } from '@shiplog/hostnet';
import { WORDS } from './family';
import { keyOf, MASQUERADE_MARK, names, PLANES, type Plane } from './layout';

/** What of the cluster and the node the rules of one family depend on: addresses are all of it. */
export interface TableOptions {
  /** The table's name, the same in each family. */
  readonly table: string;
  readonly family: IpFamily;
  /** Addresses of pods; '' when unknown: then every client counts as outside the cluster. */
  readonly clusterCidr: string;
  /** Addresses of services; '' when unknown: then an address without a service goes where routes lead. */
  readonly serviceCidr: string;
  /** Node ports answer on these addresses or networks only; undefined: on every address of the node. */
  readonly nodePortAddresses: readonly string[] | undefined;
}

/** The parts of the table that are there whatever services there are. */
export function renderBase(options: TableOptions): Definition[] {
  const { family } = options;
  return [
    ...maps(family),
    ...translation(options),
    ...refusal(options),
    ...masquerading(family),
    ...(family === 'IPv4' ? [loopbackGuard()] : []),
  ];
}

function maps(family: IpFamily): Definition[] {
  const { address } = WORDS[family];
  const entries = PLANES.map((plane): Definition => ({
    kind: 'map',
    name: names.entries(plane),
    body: `type ${keyOf(plane, family).type} : verdict ;`,
  }));
  const refused = (['vip', 'port'] as const).map((plane): Definition => ({
    kind: 'map',
    name: names.refused(plane),
    body: `type ${keyOf(plane, family).type} : verdict ;`,
  }));
  return [
    ...entries,
    ...refused,
    { kind: 'set', name: names.hairpins, body: `type ${address} . ${address} ;` },
    { kind: 'map', name: names.restricted, body: `type ${keyOf('vip', family).type} : classid ;` },
    { kind: 'set', name: names.sources, body: `type classid . ${address} ; flags interval ;` },
  ];
}

/** First packets of connections, arriving or made here, get their backend. */
function translation(options: TableOptions): Definition[] {
  const { family } = options;
  const keyFor = (plane: Plane): string => keyOf(plane, family).expression;
  const fromOutside = [...fromElsewhere(options), 'fib saddr type != local', 'jump from_outside'].join(' ');
  const restricted = `meta priority set ${keyFor('vip')} map @${names.restricted} jump source_check`;
  const lookup = (plane: Plane): string => `${keyFor(plane)} vmap @${names.entries(plane)}`;
  const onNode = (rule: string): string[] => nodeAddresses(options).map((addresses) => `${addresses} ${rule}`);
  return [
    { kind: 'chain', name: 'from_outside', rules: [lookup('outside_vip'), ...onNode(lookup('outside_port'))] },
    {
      kind: 'chain',
      name: 'source_check',
      rules: [`meta priority . ${WORDS[family].table} saddr != @${names.sources} drop`, 'meta priority set none'],
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
  const { table, unreachable } = WORDS[options.family];
  const keyFor = (plane: Plane): string => keyOf(plane, options.family).expression;
  const rules = [
    `${keyFor('vip')} vmap @${names.refused('vip')}`,
    ...nodeAddresses(options).map((addresses) => `${addresses} ${keyFor('port')} vmap @${names.refused('port')}`),
    ...(options.serviceCidr === '' ? [] : [`${table} daddr ${options.serviceCidr} goto refuse`]),
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
      rules: ['meta l4proto tcp reject with tcp reset', `reject with ${unreachable}`],
    },
    { kind: 'chain', name: 'refusals', rules },
    ...hooks,
  ];
}

/** Connections whose answers would not come back through here otherwise get this node's address. */
function masquerading(family: IpFamily): Definition[] {
  const { table } = WORDS[family];
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
        `ct status dnat ${table} saddr . ${table} daddr @${names.hairpins} masquerade fully-random`,
      ],
    },
  ];
}

/**
 * Node ports on 127.0.0.1 need route_localnet, which alone would open this host's loopback services to its neighbours. IPv6
 * has no such setting: nothing for ::1 comes in from a link.
 */
function loopbackGuard(): Definition {
  return {
    kind: 'chain',
    name: 'loopback_guard',
    hook: 'type filter hook prerouting priority -300 ; policy accept ;',
    rules: ['iif != "lo" ip daddr 127.0.0.0/8 drop'],
  };
}

/**
 * Matches for the addresses on which node ports answer: a rule for each, since a set in a rule is lost to packets that its
 * replacement overtakes. Not on ::1, as in Kubernetes: the kernel lets nothing from there out, and its clients would wait.
 */
function nodeAddresses({ family, nodePortAddresses }: TableOptions): string[] {
  const { table } = WORDS[family];
  const addresses = nodePortAddresses?.map((address) => `${table} daddr ${address}`) ?? ['fib daddr type local'];
  return family === 'IPv4' ? addresses : addresses.map((match) => `${match} ip6 daddr != ::1`);
}

function fromElsewhere({ family, clusterCidr }: TableOptions): string[] {
  return clusterCidr === '' ? [] : [`${WORDS[family].table} saddr != ${clusterCidr}`];
}
