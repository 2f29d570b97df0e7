import type { NodeFacts } from './node-facts';

/**
 * The nodes in the order of their names, each in a slot, with a number that becomes another whenever the node or a sum over its
 * pods does: who remembers what he found out about a slot sees by it whether that still holds.
 */
export class NodeTable {
  readonly nodes: NodeFacts[];
  readonly versions: Float64Array;
  readonly #slots: ReadonlyMap<string, number>;
  #changes = 0;

  constructor(nodes: Iterable<NodeFacts>) {
    this.nodes = [...nodes].sort((a, b) => (a.name < b.name ? -1 : 1));
    this.#slots = new Map(this.nodes.map(({ name }, slot) => [name, slot]));
    this.versions = new Float64Array(this.nodes.length).map(() => ++this.#changes);
  }

  slotOf(name: string): number | undefined {
    return this.#slots.get(name);
  }

  /** A node changed: it says something else. */
  replace(node: NodeFacts): void {
    const slot = this.#slots.get(node.name);
    if (slot !== undefined) this.nodes[slot] = node;
    this.touch(node.name);
  }

  /** A sum over a node's pods changed. */
  touch(name: string): void {
    const slot = this.#slots.get(name);
    if (slot !== undefined) this.versions[slot] = ++this.#changes;
  }
}
