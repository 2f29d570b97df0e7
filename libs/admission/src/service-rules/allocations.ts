import { type ObjectOf, localKey } from '@shiplog/contracts';
import { parseAddress, parseIp } from '@shiplog/apimachinery';

/** An address as a key: a number of IPv4, a bigint of IPv6. */
export type AddressKey = number | bigint;

/** The key of an address; undefined when the text is none. */
export function addressKey(text: string): AddressKey | undefined {
  return parseIp(text) ?? parseAddress(text);
}

/** The part of the allocations that admission asks. */
export interface ReadonlyAllocations {
  /** Whether another service than the one named holds the address. */
  holdsAddress(address: AddressKey, except: string): boolean;
  /** Whether another service than the one named holds the node port, for whichever protocol. */
  holdsNodePort(port: number, except: string): boolean;
}

type Service = ObjectOf<'services'>;

/** What names a service among the holders. */
export function holderKey({ metadata }: { metadata: { namespace?: string; name?: string } }): string {
  return localKey(metadata.namespace ?? '', metadata.name ?? '');
}

/**
 * The cluster addresses and node ports that services hold, by address and port: kept up to date service by service, so that
 * a new one asks for its own and doesn't look through all the others. In an old log several may hold the same one.
 */
export class Allocations implements ReadonlyAllocations {
  readonly #addresses = new Holders<AddressKey>();
  readonly #ports = new Holders<number>();

  constructor(services: Iterable<Service> = []) {
    for (const service of services) this.replace(undefined, service);
  }

  /** A service changed; undefined stands for one that is not there. */
  replace(before: Service | undefined, after: Service | undefined): void {
    // Most changes are of something else: the spec is then the same value.
    if (before !== undefined && after !== undefined && before.spec === after.spec) return;
    if (before !== undefined) {
      const holder = holderKey(before);
      for (const address of addressesOf(before)) this.#addresses.remove(address, holder);
      for (const port of nodePortsOf(before.spec)) this.#ports.remove(port, holder);
    }
    if (after !== undefined) {
      const holder = holderKey(after);
      for (const address of addressesOf(after)) this.#addresses.add(address, holder);
      for (const port of nodePortsOf(after.spec)) this.#ports.add(port, holder);
    }
  }

  holdsAddress(address: AddressKey, except: string): boolean {
    return this.#addresses.has(address, except);
  }

  holdsNodePort(port: number, except: string): boolean {
    return this.#ports.has(port, except);
  }
}

function addressesOf({ spec }: Service): AddressKey[] {
  const texts = new Set([spec?.clusterIP ?? '', ...(spec?.clusterIPs ?? [])]);
  return [...texts].flatMap((text) => addressKey(text) ?? []);
}

/** What a service has of the nodes' ports: those of its ports, and that of its health check. */
export function nodePortsOf(spec: Service['spec']): Set<number> {
  const held = [...(spec?.ports ?? []).map(({ nodePort }) => nodePort), spec?.healthCheckNodePort];
  return new Set(held.filter((port) => port !== undefined));
}

/** Who holds what. One holder, nearly always. */
class Holders<K> {
  readonly #of = new Map<K, readonly string[]>();

  add(key: K, holder: string): void {
    this.#of.set(key, [...(this.#of.get(key) ?? []), holder]);
  }

  remove(key: K, holder: string): void {
    const others = (this.#of.get(key) ?? []).filter((item) => item !== holder);
    if (others.length === 0) this.#of.delete(key);
    else this.#of.set(key, others);
  }

  has(key: K, except: string): boolean {
    return this.#of.get(key)?.some((holder) => holder !== except) ?? false;
  }
}
