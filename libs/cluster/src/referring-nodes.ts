import type { ObjectOf, StoredObject } from '@shiplog/contracts';
import { referencesOf } from '@shiplog/admission';
import { nodeOf } from './decide/change';

/**
 * The nodes whose pods name an object that they are made with. Each change of one is told to them: to look for them among all pods would
 * have a write cost what its namespace holds.
 */
export class ReferringNodes {
  /** By namespace and reference: how many pods of each node there are. */
  readonly #counts = new Map<string, Map<string, number>>();

  constructor(pods: Iterable<StoredObject> = []) {
    for (const pod of pods) this.replace(undefined, pod);
  }

  /** @param reference for example `configmaps/web` */
  of(namespace: string, reference: string): Iterable<string> {
    return this.#counts.get(`${namespace}/${reference}`)?.keys() ?? [];
  }

  /** A pod changed; undefined stands for one that is not there. */
  replace(before: StoredObject | undefined, after: StoredObject | undefined): void {
    if (before?.spec === after?.spec) return;
    // First what is: what a pod goes on to name is not forgotten in between.
    for (const name of namedBy(after)) this.#count(name, nodeOf('pods', after as StoredObject), 1);
    for (const name of namedBy(before)) this.#count(name, nodeOf('pods', before as StoredObject), -1);
  }

  #count(name: string, node: string, by: number): void {
    const nodes = this.#counts.get(name) ?? new Map<string, number>();
    const count = (nodes.get(node) ?? 0) + by;
    if (count > 0) this.#counts.set(name, nodes.set(node, count));
    else if (nodes.delete(node) && nodes.size === 0) this.#counts.delete(name);
  }
}

/** What a pod names, once it has a node. */
function namedBy(pod: StoredObject | undefined): string[] {
  if (pod === undefined || nodeOf('pods', pod) === '') return [];
  const { namespace = '' } = pod.metadata;
  return Array.from(referencesOf(pod as ObjectOf<'pods'>), (reference) => `${namespace}/${reference}`);
}
