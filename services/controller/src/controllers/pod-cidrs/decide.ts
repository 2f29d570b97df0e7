import { formatCidr, parseCidr, subnetOf, type Cidr } from '@shiplog/apimachinery';
import { patchOf, type StoredNode } from '@shiplog/kube';
import type { PlannedCommand, ReconcileResult } from '../../runtime/domain/controller';

/** All that the decision on the nodes' pod networks looks at. */
export interface PodCidrView {
  nodes: readonly StoredNode[];
  /** The network of all pods. */
  cluster: Cidr;
  /** How long each node's part of it is: 24 gives a node 256 addresses. */
  prefix: number;
}

/** Gives every node without a pod network the lowest free one; the older node first, then by name. */
export function decidePodCidrs({ nodes, cluster, prefix }: PodCidrView): ReconcileResult {
  const taken = new Set(nodes.flatMap((node) => indexesOf(node, cluster, prefix)));
  const commands: PlannedCommand[] = [];
  const warnings: string[] = [];
  let next = 0;
  for (const node of waiting(nodes)) {
    while (taken.has(next)) next++;
    const subnet = subnetOf(cluster, prefix, next);
    if (subnet === undefined) {
      warnings.push(`no /${prefix} is left in ${formatCidr(cluster)} for node ${node.metadata.name}`);
      continue;
    }
    taken.add(next);
    commands.push(assign(node, formatCidr(subnet)));
  }
  return { commands, warnings };
}

function waiting(nodes: readonly StoredNode[]): StoredNode[] {
  const age = ({ metadata }: StoredNode): string => `${metadata.creationTimestamp} ${metadata.name}`;
  return nodes
    .filter((node) => (node.spec?.podCIDR ?? '') === '' && node.metadata.deletionTimestamp === undefined)
    .sort((a, b) => (age(a) < age(b) ? -1 : 1));
}

/** Which parts of the cluster's network a node's own overlaps; one from elsewhere takes none. */
function indexesOf(node: StoredNode, cluster: Cidr, prefix: number): number[] {
  const own = parseCidr(node.spec?.podCIDR ?? '');
  if (own === undefined || own.base < cluster.base || own.base >= cluster.base + cluster.size) return [];
  const size = 2 ** (32 - prefix);
  const first = Math.floor((own.base - cluster.base) / size);
  return Array.from({ length: Math.max(1, Math.ceil(own.size / size)) }, (_, i) => first + i);
}

function assign(node: StoredNode, podCIDR: string): PlannedCommand {
  return patchOf('nodes', node, { spec: { podCIDR, podCIDRs: [podCIDR] } }, { patchType: 'merge' });
}
