import type { LabelSelector, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '@shiplog/contracts';
import { formatNetwork, parseNetwork, termsOf, type LabelTerm } from '@shiplog/apimachinery';
import type { TableFamily } from '@shiplog/hostnet';
import { isPort, protocolOf, type Protocol } from './policy-pod';

/** Ways that a packet can go, seen from the pod that a policy is about. */
export const DIRECTIONS = ['in', 'out'] as const;
export type Direction = (typeof DIRECTIONS)[number];

/** Pods that a rule chooses as peers: of one namespace, or of those with certain labels. Equal choices have equal keys. */
export interface PeerSelector {
  readonly key: string;
  readonly namespaces: { readonly named: string } | { readonly terms: readonly LabelTerm[] };
  readonly pods: readonly LabelTerm[];
}

/** A network without some of its parts, all of one family, in canonical text. */
export interface AddressBlock {
  readonly family: TableFamily;
  readonly cidr: string;
  readonly except: readonly string[];
}

/** Ports that a rule lets through: all of a protocol's, those from one to another, or those of a name in each pod. */
export type PortMatch =
  | { readonly protocol: Protocol }
  | { readonly protocol: Protocol; readonly from: number; readonly to: number }
  | { readonly protocol: Protocol; readonly name: string };

/** Whom a rule lets through, at which ports. */
export interface PolicyRule {
  /** Everybody, else `selectors` and `blocks`. */
  readonly anyone: boolean;
  readonly selectors: readonly PeerSelector[];
  readonly blocks: readonly AddressBlock[];
  /** Not there: every port of every protocol. */
  readonly ports?: readonly PortMatch[];
}

/** A network policy as rules are made of it. A direction that it isn't about is not there. */
export interface CompiledPolicy {
  readonly namespace: string;
  readonly pods: readonly LabelTerm[];
  readonly in?: readonly PolicyRule[];
  readonly out?: readonly PolicyRule[];
}

/**
 * Reads a policy (networking.k8s.io/v1). What is none of what a field may hold lets nothing through; throws for a pod
 * selector that can't be read.
 */
export function compilePolicy({ metadata, spec = {} }: NetworkPolicy): CompiledPolicy {
  const { ingress = [], egress = [], podSelector = {} } = spec;
  const namespace = metadata.namespace ?? '';
  const types = spec.policyTypes ?? (egress.length > 0 ? ['Ingress', 'Egress'] : ['Ingress']);
  return {
    namespace,
    pods: termsOf(podSelector),
    ...(types.includes('Ingress') ? { in: ingress.map(({ from, ports }) => ruleOf(namespace, from, ports)) } : {}),
    ...(types.includes('Egress') ? { out: egress.map(({ to, ports }) => ruleOf(namespace, to, ports)) } : {}),
  };
}

function ruleOf(
  namespace: string,
  peers: readonly NetworkPolicyPeer[] = [],
  ports: readonly NetworkPolicyPort[] = [],
): PolicyRule {
  const selectors = new Map<string, PeerSelector>();
  const blocks = new Map<string, AddressBlock>();
  for (const { ipBlock, podSelector, namespaceSelector } of peers) {
    if (ipBlock !== undefined) {
      const block = blockOf(ipBlock);
      if (block !== undefined) blocks.set(JSON.stringify(block), block);
    } else if (podSelector !== undefined || namespaceSelector !== undefined) {
      const selector = selectorOf(namespace, podSelector, namespaceSelector);
      selectors.set(selector.key, selector);
    }
  }
  return {
    anyone: peers.length === 0,
    selectors: [...selectors.values()],
    blocks: [...blocks.values()],
    ...(ports.length === 0 ? {} : { ports: portsOf(ports) }),
  };
}

function selectorOf(
  namespace: string,
  podSelector: LabelSelector = {},
  namespaceSelector: LabelSelector | undefined,
): PeerSelector {
  const pods = sorted(termsOf(podSelector));
  const namespaces =
    namespaceSelector === undefined ? { named: namespace } : { terms: sorted(termsOf(namespaceSelector)) };
  return { key: JSON.stringify([namespaces, pods]), namespaces, pods };
}

/** What of `except` is of the other family excepts nothing. */
function blockOf({ cidr, except = [] }: NonNullable<NetworkPolicyPeer['ipBlock']>): AddressBlock | undefined {
  const outer = parseNetwork(cidr);
  if (outer === undefined) return undefined;
  const parts = except.flatMap((text) => parseNetwork(text) ?? []).filter(({ family }) => family === outer.family);
  return { family: outer.family === 4 ? 'ip' : 'ip6', cidr: formatNetwork(outer), except: parts.map(formatNetwork) };
}

function portsOf(ports: readonly NetworkPolicyPort[]): PortMatch[] {
  const found = new Map<string, PortMatch>();
  for (const port of ports) {
    const match = portOf(port);
    if (match !== undefined) found.set(JSON.stringify(match), match);
  }
  return [...found.values()];
}

function portOf({ port, endPort, protocol: text }: NetworkPolicyPort): PortMatch | undefined {
  const protocol = protocolOf(text);
  if (protocol === undefined) return undefined;
  if (port === undefined) return { protocol };
  if (typeof port === 'string') return { protocol, name: port };
  const last = endPort ?? port;
  return isPort(port) && isPort(last) && last >= port ? { protocol, from: port, to: last } : undefined;
}

function sorted(terms: readonly LabelTerm[]): LabelTerm[] {
  const byText = new Map(terms.map((term) => [JSON.stringify(term), term]));
  return [...byText.keys()].sort().map((text) => byText.get(text) as LabelTerm);
}
