import { formatNetwork, nthAddress, nthSubnet, parseNetwork, type Network } from '@shiplog/apimachinery';

/** Which hollow nodes there are. */
export interface HollowLayout {
  readonly nodes: number;
  readonly prefix: string;
  readonly zones: number;
  readonly racks: number;
}

/** For pods: shared address space that nobody routes to (RFC 6598), a part of it for each node. */
const PODS = networkAt('100.64.0.0/10');
/** Of each part, unless more pods are taken there than it has addresses. */
const POD_PREFIX = 24;
/** Nobody's: the range's own address, its gateway's, and the last one. */
const NO_PODS = 3;
/** For nodes: of benchmarks (RFC 2544). */
const NODES = networkAt('198.18.0.0/15');
/** As many parts as there are of the pods' range, where no node takes more pods than usual. */
export const MOST_NODES = nodesWith(POD_PREFIX);

/** Zone and region are Kubernetes' own labels; for racks it has none. */
const ZONE = 'topology.kubernetes.io/zone';
const RACK = 'shiplog.dev/rack';

/** `hollow-7`: the names of the nodes, from 1 on. */
export function hollowNames({ nodes, prefix }: Pick<HollowLayout, 'nodes' | 'prefix'>): string[] {
  return Array.from({ length: nodes }, (_, i) => `${prefix}-${i + 1}`);
}

/** What a kubelet of a hollow node is told by the process, in the place of its own defaults; its user's words come before that. */
export const HOLLOW_DEFAULTS: Readonly<Record<string, string>> = {
  // As often as Kubernetes' kubelet renews its lease.
  HEARTBEAT_INTERVAL: '10s',
  MAX_PARALLEL_STARTS: '100',
};

/** What is so of every hollow node, whatever its user says. */
const FIXED: Readonly<Record<string, string>> = {
  CONTAINER_RUNTIME: 'hollow',
  // Nothing of this machine is its own to watch, to limit or to write to.
  EVICTION_HARD: 'none',
  EVICTION_SOFT: 'none',
  ENFORCE_NODE_ALLOCATABLE: 'false',
  IMAGE_DIR: '',
  STATIC_POD_PATH: '',
  SHUTDOWN_GRACE_PERIOD: '0s',
  STATE_DIR: '/nonexistent',
};

/** The settings of the nth node, from 1 on, as a kubelet reads them. */
export function nodeSettings(
  n: number,
  { prefix, zones, racks }: HollowLayout,
  given: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  const own = {
    ...(zones > 0 ? { [ZONE]: `zone-${(n % zones) + 1}` } : {}),
    ...(racks > 0 ? { [RACK]: `rack-${(Math.floor(n / Math.max(1, zones)) % racks) + 1}` } : {}),
  };
  const labels = [given['NODE_LABELS'] ?? '', ...Object.entries(own).map(([label, value]) => `${label}=${value}`)];
  return {
    ...HOLLOW_DEFAULTS,
    ...given,
    ...FIXED,
    NODE_NAME: `${prefix}-${n}`,
    INSTANCE: `${prefix}-${n}`,
    NODE_IP: nthAddress(NODES, BigInt(n)),
    HOLLOW_POD_CIDR: rangeOf(n, Number(given['MAX_PODS'])),
    NODE_LABELS: labels.filter((part) => part !== '').join(','),
  };
}

/** @param pods that the node takes; what is no number is for the kubelet to refuse */
function rangeOf(n: number, pods: number): string {
  const needed = pods > 0 ? 32 - Math.ceil(Math.log2(pods + NO_PODS)) : POD_PREFIX;
  const prefix = Math.min(POD_PREFIX, needed);
  const range = nthSubnet(PODS, prefix, BigInt(n));
  if (range !== undefined) return formatNetwork(range);
  throw new Error(`there are at most ${nodesWith(prefix)} hollow nodes${pods > 0 ? ` of ${pods} pods` : ''}`);
}

function nodesWith(prefix: number): number {
  return 2 ** (prefix - PODS.prefix) - 1;
}

function networkAt(text: string): Network {
  const network = parseNetwork(text);
  if (network === undefined) throw new Error(`${text} is no network`);
  return network;
}
