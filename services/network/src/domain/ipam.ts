import { cidrContains, formatIp, parseCidr, parseIp } from '@shiplog/apimachinery';

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
 */
export class IpamPool {
  readonly #used = new Set<number>();
  readonly #base: number;
  readonly #size: number;
  #last: number;

  constructor(readonly podCidr: string) {
    const cidr = parseCidr(podCidr);
    if (cidr === undefined) throw new Error(`${podCidr} is no network`);
    this.#base = cidr.base;
    this.#size = cidr.size;
    this.#last = cidr.base + 1;
  }

  /** The bridge's address. */
  get gateway(): string {
    return formatIp(this.#base + 1);
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
