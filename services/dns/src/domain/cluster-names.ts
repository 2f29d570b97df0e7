import type { ObjectOf } from '@shiplog/contracts';
import { ServiceIndex, type ServiceChange, type ServiceView, type ServiceWithSlices } from '@shiplog/kube';
import { addressKey } from './reverse';
import { clusterAddresses, endpointLabel, isHeadless, toldEndpoints } from './service-records';
import type { ZoneData } from './zone';

/** The part of a projection that names are made of. */
export interface NamedView extends ServiceView {
  list(resource: 'services'): readonly ObjectOf<'services'>[];
  list(resource: 'endpointslices.discovery.k8s.io'): readonly ObjectOf<'endpointslices.discovery.k8s.io'>[];
  list(resource: 'namespaces'): readonly ObjectOf<'namespaces'>[];
}

/** What a cluster has that bears a name, indexed by what is asked for, and kept up change by change. */
export class ClusterNames implements ZoneData {
  readonly #index = new ServiceIndex();
  readonly #namespaces = new Set<string>();
  /** By address, the names that it has by each Service. */
  readonly #reverse = new Map<string, Map<string, readonly string[]>>();
  /** By Service, the addresses under which it is in `#reverse`. */
  readonly #addresses = new Map<string, ReadonlySet<string>>();

  load(view: NamedView): void {
    this.#namespaces.clear();
    this.#reverse.clear();
    this.#addresses.clear();
    for (const { metadata } of view.list('namespaces')) this.#namespaces.add(metadata.name);
    for (const key of this.#index.load(view)) this.#enter(key);
  }

  apply(change: ServiceChange): void {
    const { before, after } = change;
    if ((after ?? before)?.kind === 'Namespace') {
      if (before !== undefined) this.#namespaces.delete(before.metadata.name ?? '');
      if (after !== undefined) this.#namespaces.add(after.metadata.name ?? '');
      return;
    }
    for (const key of this.#index.apply(change)) this.#enter(key);
  }

  get services(): number {
    return this.#index.keys().length;
  }

  service(key: string): ServiceWithSlices | undefined {
    return this.#index.get(key);
  }

  hasNamespace(name: string): boolean {
    return this.#namespaces.has(name);
  }

  namesOf(address: string): readonly string[] {
    return [...(this.#reverse.get(address)?.values() ?? [])].flat();
  }

  #enter(key: string): void {
    for (const address of this.#addresses.get(key) ?? []) {
      const names = this.#reverse.get(address);
      names?.delete(key);
      if (names?.size === 0) this.#reverse.delete(address);
    }
    this.#addresses.delete(key);
    const found = this.#index.get(key);
    const names = found === undefined ? new Map<string, string[]>() : reverseNames(found);
    for (const [address, own] of names) {
      const ofAll = this.#reverse.get(address) ?? new Map<string, readonly string[]>();
      ofAll.set(key, own);
      this.#reverse.set(address, ofAll);
    }
    if (names.size > 0) this.#addresses.set(key, new Set(names.keys()));
  }
}

/** By address, what a Service calls it, without the domain. Endpoints have names by headless Services alone. */
function reverseNames({ service, slices }: ServiceWithSlices): Map<string, string[]> {
  const { name = '', namespace = '' } = service.metadata;
  const host = `${name}.${namespace}.svc`;
  const names = new Map<string, string[]>();
  const add = (address: string, own: string): void => {
    const key = addressKey(address);
    if (key !== undefined) names.set(key, [...new Set([...(names.get(key) ?? []), own])]);
  };
  for (const address of clusterAddresses(service)) add(address, host);
  if (!isHeadless(service)) return names;
  for (const { endpoint, address } of toldEndpoints(slices))
    add(address, `${endpointLabel(endpoint, address)}.${host}`);
  return names;
}
