import { ownKernel, ProgramError, type Kernel } from '@shiplog/kernel';

/** Cluster IPs as addresses of this machine's loopback interface, so that sockets can listen on them. */
export class LoopbackAddresses {
  readonly #held = new Set<string>();
  /** Why this machine can't hold them; undefined while it can. */
  refused: string | undefined;

  constructor(private readonly kernel: Kernel = ownKernel) {}

  /** Makes exactly these be there, besides what others put there; after a refusal none. */
  async hold(wanted: ReadonlySet<string>): Promise<void> {
    if (this.refused !== undefined) return;
    const lines = [
      ...[...wanted].filter((ip) => !this.#held.has(ip)).map((ip) => `address replace ${ip}/32 dev lo`),
      ...[...this.#held].filter((ip) => !wanted.has(ip)).map((ip) => `address delete ${ip}/32 dev lo`),
    ];
    if (lines.length === 0) return;
    const failure = await this.#run(lines);
    if (failure !== undefined && this.#held.size === 0) this.refused = failure;
    else for (const ip of wanted) this.#held.add(ip);
    for (const ip of this.#held) if (!wanted.has(ip)) this.#held.delete(ip);
  }

  /** Runs all lines even when some fail (an address may be gone already); answers what went wrong. */
  async #run(lines: readonly string[]): Promise<string | undefined> {
    try {
      await this.kernel.run('ip', ['-force', '-batch', '-'], `${lines.join('\n')}\n`);
      return undefined;
    } catch (error) {
      if (error instanceof ProgramError) return error.message;
      throw error;
    }
  }
}
