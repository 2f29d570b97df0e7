import { spawn } from 'node:child_process';

/** Cluster IPs as addresses of this machine's loopback interface, so that sockets can listen on them. */
export class LoopbackAddresses {
  readonly #held = new Set<string>();
  /** Why this machine can't hold them; undefined while it can. */
  refused: string | undefined;

  /** Makes exactly these be there, besides what others put there; after a refusal none. */
  async hold(wanted: ReadonlySet<string>): Promise<void> {
    if (this.refused !== undefined) return;
    const lines = [
      ...[...wanted].filter((ip) => !this.#held.has(ip)).map((ip) => `address replace ${ip}/32 dev lo`),
      ...[...this.#held].filter((ip) => !wanted.has(ip)).map((ip) => `address delete ${ip}/32 dev lo`),
    ];
    if (lines.length === 0) return;
    const failure = await ipBatch(lines);
    if (failure !== undefined && this.#held.size === 0) this.refused = failure;
    else for (const ip of wanted) this.#held.add(ip);
    for (const ip of this.#held) if (!wanted.has(ip)) this.#held.delete(ip);
  }
}

/** Runs all lines even when some fail (an address may be gone already); answers what the first failure was. */
function ipBatch(lines: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn('ip', ['-force', '-batch', '-'], { stdio: ['pipe', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.once('error', (error) => resolve(error.message));
    // A program that ends early closes its input; its exit code tells why.
    child.stdin.on('error', (error) => (said += error.message));
    child.once('close', (code) =>
      resolve(code === 0 ? undefined : (said.split('\n')[0] ?? `ended with ${String(code)}`)),
    );
    child.stdin.end(`${lines.join('\n')}\n`);
  });
}
