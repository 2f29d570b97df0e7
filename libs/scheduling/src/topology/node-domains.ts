import { sameJson } from '@shiplog/apimachinery';
import type { NodeFacts } from '../facts/node-facts';
import { Recent } from './recent';

/** How many divisions are kept beside each other; each takes four bytes a node. */
const KEPT_DIVISIONS = 512;

/** The nodes divided by the values of one label: who shares a value is in one domain (a zone, a rack, a host). */
export interface Division {
  /** The domain of each node, by the node's index; -1 (or nothing, past the end) where it is in none. */
  readonly of: Int32Array;
  /** How many domains have a node that is in the division. */
  readonly size: number;
  /** Whether nodes have come, gone or changed since: then the numbers of domains mean nothing any more. */
  readonly isStale: boolean;
}

/** Which nodes of a division count, and the name by which that is known: the same name, the same nodes. */
export interface Among {
  readonly name: string;
  readonly has: (node: NodeFacts) => boolean;
}

/**
 * Numbers for nodes and for the domains that their labels make of them, so that a rule which is asked about thousands of nodes
 * reads arrays. A node keeps its index as long as it is there or has pods.
 */
export class NodeDomains {
  readonly #indexes = new Map<string, number>();
  readonly #free: number[] = [];
  readonly #pods: number[] = [];
  readonly #nodes: (NodeFacts | undefined)[] = [];
  readonly #divisions = new Recent<Division>(KEPT_DIVISIONS);
  #now = { isPast: false };

  /** The index of a node, whether it is there or not (yet, or any more). */
  indexOf(name: string): number {
    const known = this.#indexes.get(name);
    if (known !== undefined) return known;
    const index = this.#free.pop() ?? this.#pods.length;
    this.#indexes.set(name, index);
    this.#pods[index] = 0;
    this.#nodes[index] = undefined;
    return index;
  }

  /** Takes note of a node that has come or changed. */
  setNode(node: NodeFacts): void {
    const before = this.#nodes[node.index];
    this.#nodes[node.index] = node;
    const isSame = before !== undefined && sameJson(before.labels, node.labels) && sameJson(before.taints, node.taints);
    if (!isSame) this.#start();
  }

  removeNode(name: string): void {
    const index = this.#indexes.get(name);
    if (index === undefined) return;
    this.#nodes[index] = undefined;
    this.#release(name, index);
    this.#start();
  }

  /** A pod has come to a node (1) or left it (-1): its index. */
  count(name: string, by: 1 | -1): number {
    const index = this.indexOf(name);
    this.#pods[index] = (this.#pods[index] ?? 0) + by;
    this.#release(name, index);
    return index;
  }

  /** All nodes with this label, or those of them that are `among`. */
  divide(label: string, among?: Among): Division {
    return this.#divisions.getOrMake(among === undefined ? label : `${label} ${among.name}`, () => {
      if (among === undefined) return this.#divideAll(label);
      return this.#part(this.divide(label), among);
    });
  }

  #divideAll(label: string): Division {
    const of = new Int32Array(this.#nodes.length).fill(-1);
    const domains = new Map<string, number>();
    this.#nodes.forEach((node, index) => {
      const value = node === undefined ? undefined : labelOf(node, label);
      if (value === undefined) return;
      const domain = domains.get(value) ?? domains.size;
      domains.set(value, domain);
      of[index] = domain;
    });
    return this.#made(of, domains.size);
  }

  #part(all: Division, among: Among): Division {
    const of = new Int32Array(all.of.length).fill(-1);
    const seen = new Set<number>();
    this.#nodes.forEach((node, index) => {
      const domain = all.of[index] ?? -1;
      if (domain === -1 || node === undefined || !among.has(node)) return;
      seen.add(domain);
      of[index] = domain;
    });
    return this.#made(of, seen.size);
  }

  #made(of: Int32Array, size: number): Division {
    const made = this.#now;
    return {
      of,
      size,
      get isStale() {
        return made.isPast;
      },
    };
  }

  /** The nodes are others from now on: nothing that was worked out of them holds. */
  #start(): void {
    this.#now.isPast = true;
    this.#now = { isPast: false };
    this.#divisions.clear();
  }

  #release(name: string, index: number): void {
    if (this.#pods[index] !== 0 || this.#nodes[index] !== undefined) return;
    this.#indexes.delete(name);
    this.#free.push(index);
  }
}

/** The value of a node's label; undefined when it has none. */
export function labelOf(node: Pick<NodeFacts, 'labels'>, label: string): string | undefined {
  return Object.hasOwn(node.labels, label) ? node.labels[label] : undefined;
}
