import {
  cidrContains,
  formatIp,
  nthAddress,
  parseCidr,
  parseIp,
  parseNetwork,
  type Network,
} from '@shiplog/apimachinery';

/** A node's pod network has no free address left. */
export class AddressesExhausted extends Error {
  constructor(podCidr: string) {
    super(`no address is free in ${podCidr}`);
    this.name = 'AddressesExhausted';
  }
}

/**
 * Which addresses of a node's pod network are given out. The first stands for the tunnel, the second is the gateway's,
 * the last is the broadcast address. Goes round, so that an address rests before another pod has it.
 *
 * A pod's address of IPv6 is at the same place of the node's network of IPv6: it is free when the other is, and needs no
 * memory of its own.
 */
export class IpamPool {
  readonly #used = new Set<number>();
  readonly #base: number;
  readonly #size: number;
  readonly #v6: Network | undefined;
  #last: number;

  constructor(
    readonly podCidr: string,
    podCidrV6?: string,
  ) {
    const cidr = parseCidr(podCidr);
    if (cidr === undefined) throw new Error(`${podCidr} is no network`);
    this.#v6 = podCidrV6 === undefined ? undefined : parseNetwork(podCidrV6);
    this.#base = cidr.base;
    this.#size = cidr.size;
    this.#last = cidr.base + 1;
  }

  /** The bridge's address. */
  get gateway(): string {
    return formatIp(this.#base + 1);
  }

  /** The bridge's address of IPv6, and the length of the network's prefix; undefined where the node has none. */
  get v6(): { readonly gateway: string; readonly prefix: number } | undefined {
    const gateway = this.#v6 && nthAddress(this.#v6, 1n);
    return this.#v6 && gateway !== undefined ? { gateway, prefix: this.#v6.prefix } : undefined;
  }

  /** The address of IPv6 that goes with one of this network; undefined where the node has none. */
  v6Of(ip: string): string | undefined {
    const address = parseIp(ip);
    if (this.#v6 === undefined || address === undefined || address < this.#base) return undefined;
    return address < this.#base + this.#size ? nthAddress(this.#v6, BigInt(address - this.#base)) : undefined;
  }

  /** The next free address; throws AddressesExhausted. */
  take(): string {
    const first = this.#base + 2;
    const count = this.#size - 3;
    for (let step = 0; step < count; step++) {
      const candidate = first + ((this.#last + 1 + step - first + count) % count);
      if (this.#used.has(candidate)) continue;
      this.#used.add(candidate);
      this.#last = candidate;
      return formatIp(candidate);
    }
    throw new AddressesExhausted(this.podCidr);
  }

  /** Marks an address that a pod has already; false when it is none of this network. */
  keep(ip: string): boolean {
    const address = parseIp(ip);
    const cidr = parseCidr(this.podCidr);
    if (address === undefined || cidr === undefined || !cidrContains(cidr, address)) return false;
    this.#used.add(address);
    this.#last = Math.max(this.#last, address);
    return true;
  }

  release(ip: string): void {
    const address = parseIp(ip);
    if (address !== undefined) this.#used.delete(address);
  }
}
