import { once } from 'node:events';
import { createServer } from 'node:net';
import { hostNetwork, ProgramError, type HostNetwork } from '@shiplog/hostnet';

/**
 * Cluster IPs as addresses of this machine's loopback interface, so that sockets can listen on them. Without the right
 * to add them they may be this machine's all the same, when someone with the right has routed their range to `lo`.
 */
export class LoopbackAddresses {
  readonly #held = new Set<string>();
  /** Why this machine can't hold them; undefined while it can. */
  refused: string | undefined;
  #localAnyway = false;

  constructor(private readonly network: HostNetwork = hostNetwork) {}

  /** Makes exactly these be there, besides what others put there; after a refusal none. */
  async hold(wanted: ReadonlySet<string>): Promise<void> {
    if (this.refused !== undefined || this.#localAnyway) return;
    const lines = [
      ...[...wanted].filter((ip) => !this.#held.has(ip)).map((ip) => `address replace ${ip}/32 dev lo`),
      ...[...this.#held].filter((ip) => !wanted.has(ip)).map((ip) => `address delete ${ip}/32 dev lo`),
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
