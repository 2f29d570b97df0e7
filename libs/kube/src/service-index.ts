import type { EndpointSlice, ObjectOf, Service } from '@shiplog/contracts';

/** The label by which an EndpointSlice says whose it is. */
export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';

/** The part of a projection that is indexed. */
export interface ServiceView {
  list(resource: 'services'): readonly ObjectOf<'services'>[];
  list(resource: 'endpointslices.discovery.k8s.io'): readonly ObjectOf<'endpointslices.discovery.k8s.io'>[];
}

/** A change of one object, as a projection tells it. */
export interface ServiceChange {
  before?: { kind: string; metadata: { namespace?: string; name?: string; labels?: Record<string, string> } };
  after?: { kind: string; metadata: { namespace?: string; name?: string; labels?: Record<string, string> } };
}

/** A Service with what stands behind it. */
export interface ServiceWithSlices {
  readonly service: Service;
  readonly slices: readonly EndpointSlice[];
}

/** Services and their slices by service, so that a change costs what one service costs. Keys are `namespace/name`. */
export class ServiceIndex {
  readonly #services = new Map<string, Service>();
  /** By service, then by the slice's own key. */
  readonly #slices = new Map<string, Map<string, EndpointSlice>>();

  /** Forgets everything and reads all; returns every service's key. */
  load(view: ServiceView): string[] {
    this.#services.clear();
    this.#slices.clear();
    for (const service of view.list('services')) this.#services.set(keyOf(service), service);
    for (const slice of view.list('endpointslices.discovery.k8s.io')) this.#addSlice(slice);
    return this.keys();
  }

  /** Every service that exists, and those that only slices speak of. */
  keys(): string[] {
    return [...new Set([...this.#services.keys(), ...this.#slices.keys()])];
  }

  /** Takes a change in; returns the services that it touches. */
  apply(change: ServiceChange): string[] {
    const touched = new Set<string>();
    for (const object of [change.before, change.after]) {
      if (object === undefined) continue;
      const key = object.kind === 'Service' ? keyOf(object) : serviceOf(object);
      if (key !== undefined) touched.add(key);
    }
    if (change.before !== undefined) this.#remove(change.before);
    if (change.after !== undefined) this.#add(change.after);
    return [...touched];
  }

  /** One service; undefined when it is gone. */
  get(key: string): ServiceWithSlices | undefined {
    const service = this.#services.get(key);
    return service === undefined ? undefined : { service, slices: [...(this.#slices.get(key)?.values() ?? [])] };
  }

  #add(object: NonNullable<ServiceChange['after']>): void {
    if (object.kind === 'Service') this.#services.set(keyOf(object), object as Service);
    else if (object.kind === 'EndpointSlice') this.#addSlice(object as EndpointSlice);
  }

  #remove(object: NonNullable<ServiceChange['before']>): void {
    if (object.kind === 'Service') {
      this.#services.delete(keyOf(object));
      return;
    }
    const service = serviceOf(object);
    if (service === undefined) return;
    const slices = this.#slices.get(service);
    slices?.delete(keyOf(object));
    if (slices?.size === 0) this.#slices.delete(service);
  }

  #addSlice(slice: EndpointSlice): void {
    const service = serviceOf(slice);
    if (service === undefined) return;
    const slices = this.#slices.get(service) ?? new Map<string, EndpointSlice>();
    slices.set(keyOf(slice), slice);
    this.#slices.set(service, slices);
  }
}

function keyOf(object: { metadata: { namespace?: string; name?: string } }): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name ?? ''}`;
}

function serviceOf(slice: { metadata: { namespace?: string; labels?: Record<string, string> } }): string | undefined {
  const name = slice.metadata.labels?.[SERVICE_NAME_LABEL];
  return name === undefined ? undefined : `${slice.metadata.namespace ?? ''}/${name}`;
}
