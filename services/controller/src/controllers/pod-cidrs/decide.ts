import { formatNetwork, nthSubnet, parseNetwork, networkWithin, type Network } from '@shiplog/apimachinery';
import { isHollow, patchOf, type StoredNode } from '@shiplog/kube';
import type { PlannedCommand, ReconcileResult } from '../../runtime/domain/controller';

/** A network that every node gets a part of. */
export interface PodRange {
  /** The network of all pods, of one family. */
  readonly cluster: Network;
  /** How long each node's part of it is: 24 gives a node 256 addresses of IPv4. */
  readonly prefix: number;
}

/** All that the decision on the nodes' pod networks looks at. */
export interface PodCidrView {
  nodes: readonly StoredNode[];
  /** One of each family that the cluster has, the primary one first. */
  ranges: readonly PodRange[];
}

/**
 * Gives every node without a pod network the lowest free one of each family; the older node first, then by name. A hollow one needs
 * none: no packet goes there, and thousands of them would leave nothing to the others.
 */
export function decidePodCidrs({ nodes, ranges }: PodCidrView): ReconcileResult {
  const without = waiting(nodes);
  if (without.length === 0) return { commands: [], warnings: [] };
  const pools = ranges.map((range) => new Pool(range, nodes));
  const commands: PlannedCommand[] = [];
  const warnings: string[] = [];
  for (const node of without) {
    const full = pools.filter((pool) => pool.lowest() === undefined);
    for (const { range } of full) {
      warnings.push(`no /${range.prefix} is left in ${formatNetwork(range.cluster)} for node ${node.metadata.name}`);
    }
    if (full.length > 0) continue;
    const podCIDRs = pools.flatMap((pool) => pool.take());
    commands.push(assign(node, podCIDRs));
  }
  return { commands, warnings };
}

function waiting(nodes: readonly StoredNode[]): StoredNode[] {
  const age = ({ metadata }: StoredNode): string => `${metadata.creationTimestamp} ${metadata.name}`;
  return nodes
    .filter((node) => (node.spec?.podCIDR ?? '') === '' && node.metadata.deletionTimestamp === undefined)
    .filter((node) => !isHollow(node))
    .sort((a, b) => (age(a) < age(b) ? -1 : 1));
}

/** The parts of one network that nodes have, and the next that none has. */
class Pool {
  readonly #taken: Set<number>;
  #next = 0;

  constructor(
    readonly range: PodRange,
    nodes: readonly StoredNode[],
  ) {
    this.#taken = new Set(nodes.flatMap((node) => podCidrsOf(node).flatMap((own) => indexesOf(own, range))));
  }

  lowest(): Network | undefined {
    while (this.#taken.has(this.#next)) this.#next++;
    return nthSubnet(this.range.cluster, this.range.prefix, BigInt(this.#next));
  }

  take(): string[] {
    const network = this.lowest();
    if (network === undefined) return [];
    this.#next++;
    return [formatNetwork(network)];
  }
}

function podCidrsOf({ spec = {} }: StoredNode): Network[] {
  const texts = new Set([spec.podCIDR ?? '', ...(spec.podCIDRs ?? [])]);
  return [...texts].flatMap((text) => parseNetwork(text) ?? []);
}

/** Which parts of the cluster's network a node's own overlaps; one from elsewhere takes none. */
function indexesOf(own: Network, { cluster, prefix }: PodRange): number[] {
  if (!networkWithin(own, cluster)) return [];
  const behind = BigInt((cluster.family === 4 ? 32 : 128) - prefix);
  const first = Number((own.base - cluster.base) >> behind);
  return Array.from({ length: 2 ** Math.max(0, prefix - own.prefix) }, (_, i) => first + i);
}

function assign(node: StoredNode, podCIDRs: string[]): PlannedCommand {
  return patchOf('nodes', node, { spec: { podCIDR: podCIDRs[0], podCIDRs } }, { patchType: 'merge' });
}
