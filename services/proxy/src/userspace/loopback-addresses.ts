import { once } from 'node:events';
import { createServer } from 'node:net';
import { type IpFamily, ipFamilyOf } from '@shiplog/apimachinery';
import { hostNetwork, ProgramError, type HostNetwork } from '@shiplog/hostnet';
import { FAMILIES } from '../domain/service-port';

/**
 * Cluster IPs as addresses of this machine's loopback interface, so that sockets can listen on them. Without the right
 * to add them they may be this machine's all the same, when someone with the right has routed their range to `lo`. Each
 * family is by itself: a machine may have no IPv6.
 */
export class LoopbackAddresses {
  readonly #held: Readonly<Record<IpFamily, HeldAddresses>>;

  constructor(network: HostNetwork = hostNetwork) {
    this.#held = { IPv4: new HeldAddresses(network, 32), IPv6: new HeldAddresses(network, 128) };
  }

  /** Makes exactly these be there, besides what others put there; after a refusal none of that family. */
  async hold(wanted: readonly string[]): Promise<void> {
    for (const family of FAMILIES)
      await this.#held[family].hold(new Set(wanted.filter((ip) => ipFamilyOf(ip) === family)));
  }

  /** Why this machine can't hold those of a family; undefined while it can. */
  refusal(family: IpFamily): string | undefined {
    return this.#held[family].refused;
  }
}

class HeldAddresses {
  readonly #held = new Set<string>();
  refused: string | undefined;
  #localAnyway = false;

  constructor(
    private readonly network: HostNetwork,
    /** Of the network that is one address. */
    private readonly prefix: number,
  ) {}

  async hold(wanted: ReadonlySet<string>): Promise<void> {
    if (this.refused !== undefined || this.#localAnyway) return;
    const lines = [
      ...[...wanted].filter((ip) => !this.#held.has(ip)).map((ip) => `address replace ${ip}/${this.prefix} dev lo`),
      ...[...this.#held].filter((ip) => !wanted.has(ip)).map((ip) => `address delete ${ip}/${this.prefix} dev lo`),
    ];
    if (lines.length === 0) return;
    const failure = await this.#run(lines);
    if (failure !== undefined && this.#held.size === 0) {
      this.#localAnyway = await canListenOn([...wanted][0]);
      if (!this.#localAnyway) this.refused = failure;
      return;
    }
    for (const ip of wanted) this.#held.add(ip);
    for (const ip of this.#held) if (!wanted.has(ip)) this.#held.delete(ip);
  }

  /** Runs all lines even when some fail (an address may be gone already); answers what went wrong. */
  async #run(lines: readonly string[]): Promise<string | undefined> {
    try {
      await this.network.run('ip', ['-force', '-batch', '-'], `${lines.join('\n')}\n`);
      return undefined;
    } catch (error) {
      if (error instanceof ProgramError) return error.message;
      throw error;
    }
  }
}

async function canListenOn(ip: string | undefined): Promise<boolean> {
  const probe = createServer();
  try {
    await once(probe.listen(0, ip), 'listening');
    return ip !== undefined;
  } catch {
    return false; // The address is not this machine's.
  } finally {
    probe.close();
  }
}
