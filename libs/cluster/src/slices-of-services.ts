import type { StoredObject } from '@shiplog/contracts';
import { SERVICE_NAME_LABEL } from '@shiplog/kube';

/** The EndpointSlices that have a Service's name on them: each is looked for whenever one of its pods changes. */
export class SlicesOfServices {
  readonly #slices = new Map<string, Set<StoredObject>>();

  constructor(slices: Iterable<StoredObject>) {
    for (const slice of slices) this.replace(undefined, slice);
  }

  /** By their names. */
  of(namespace: string, service: string): StoredObject[] {
    const slices = this.#slices.get(keyOf(namespace, service)) ?? [];
    return [...slices].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  }

  /** A slice changed; undefined stands for one that is not there. */
  replace(before: StoredObject | undefined, after: StoredObject | undefined): void {
    const [from, to] = [serviceOf(before), serviceOf(after)];
    if (from !== undefined) {
      const others = this.#slices.get(from);
      others?.delete(before as StoredObject);
      if (others?.size === 0) this.#slices.delete(from);
    }
    if (to === undefined) return;
    const others = this.#slices.get(to);
    if (others === undefined) this.#slices.set(to, new Set([after as StoredObject]));
    else others.add(after as StoredObject);
  }
}

function serviceOf(slice: StoredObject | undefined): string | undefined {
  const { namespace = '', labels = {} } = slice?.metadata ?? {};
  const service = labels[SERVICE_NAME_LABEL];
  return service === undefined ? undefined : keyOf(namespace, service);
}

function keyOf(namespace: string, service: string): string {
  return `${namespace}/${service}`;
}
