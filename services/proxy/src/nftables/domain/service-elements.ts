import { checkedPort, type Backend, type Route, type ServicePort } from '../../domain/service-port';
import { asPriority } from './affinity';
import { names, type Picker, type Plane } from './layout';
import type { Pickers } from './pickers';

/** One element of a map (with a value) or of a set. */
export interface Element {
  readonly collection: string;
  readonly key: string;
  readonly value?: string;
}

/** What a service needs in the table: elements, and what these refer to. */
export interface Rendered {
  readonly elements: readonly Element[];
  readonly pickers: readonly Picker[];
}

/** The order of a route's backends: survivors keep their slot, so that clients with affinity stay where they are. */
export type Slots = (route: string, backends: readonly Backend[]) => readonly Backend[];

export interface RenderContext {
  readonly slots: Slots;
  readonly pickers: Pickers;
  /** The service's own number in this table, from 1. */
  readonly number: number;
}

/** A service port as elements of the flat maps. Throws UnsoundValue for what is no number or address. */
export function renderServicePort(port: ServicePort, context: RenderContext): Rendered {
  const { protocol } = checkedPort(port);
  const routes = new Collector(port, context);
  routes.add('vip', `${port.clusterIP} . ${protocol} . ${port.port}`, 'internal', port.internal);
  const external = port.externalIPs.map((ip) => `${ip} . ${protocol} . ${port.port}`);
  const nodePort = port.nodePort === undefined ? [] : [`${protocol} . ${port.nodePort}`];
  for (const key of external) routes.add('vip', key, 'external', port.external);
  for (const key of nodePort) routes.add('port', key, 'external', port.external);
  if (port.outside !== undefined) {
    for (const key of external) routes.add('outside_vip', key, 'outside', port.outside);
    for (const key of nodePort) routes.add('outside_port', key, 'outside', port.outside);
  }
  routes.addHairpins();
  routes.addRestriction();
  return routes;
}

class Collector implements Rendered {
  readonly elements: Element[] = [];
  readonly pickers: Picker[] = [];

  constructor(
    private readonly port: ServicePort,
    private readonly context: RenderContext,
  ) {}

  add(plane: Plane, key: string, routeName: string, route: Route): void {
    switch (route.kind) {
      case 'drop':
        this.elements.push({ collection: names.entries(plane), key, value: 'drop' });
        return;
      case 'refuse':
        this.elements.push({ collection: names.refused(plane === 'vip' ? 'vip' : 'port'), key, value: 'goto refuse' });
        return;
      case 'spread':
        this.#spread(plane, key, this.context.slots(`${this.port.key}/${routeName}`, route.backends));
        return;
    }
  }

  #spread(plane: Plane, key: string, backends: readonly Backend[]): void {
    const { affinitySeconds } = this.port;
    const picker = this.context.pickers.get(plane, backends.length, affinitySeconds);
    this.pickers.push(picker);
    this.elements.push({ collection: names.entries(plane), key, value: picker.verdict });
    backends.forEach(({ ip, port }, slot) =>
      this.elements.push({ collection: names.slot(plane, slot), key, value: `${ip} . ${port}` }),
    );
  }

  /** Backends that meet themselves get the node's address, so that the answer comes back translated. */
  addHairpins(): void {
    for (const ip of this.port.own) this.elements.push({ collection: names.hairpins, key: `${ip} . ${ip}` });
  }

  addRestriction(): void {
    const { restricted, protocol, port } = this.port;
    if (restricted === undefined) return;
    const value = asPriority(this.context.number);
    for (const ip of restricted.addresses) {
      this.elements.push({ collection: names.restricted, key: `${ip} . ${protocol} . ${port}`, value });
    }
    for (const source of restricted.sources) {
      this.elements.push({ collection: names.sources, key: `${value} . ${source}` });
    }
  }
}

/** Gives backends their slots: who had one keeps it while there are as many, the others fill the holes in order. */
export function planSlots(before: readonly Backend[], wanted: readonly Backend[]): Backend[] {
  const name = (backend: Backend): string => `${backend.ip}:${backend.port}`;
  const missing = new Map(wanted.map((backend) => [name(backend), backend]));
  const kept = wanted.map((_, slot): Backend | undefined => {
    const old = before[slot];
    if (old === undefined || !missing.has(name(old))) return undefined;
    missing.delete(name(old));
    return old;
  });
  const rest = [...missing.values()].values();
  return kept.map((backend) => backend ?? rest.next().value).filter((backend) => backend !== undefined);
}
