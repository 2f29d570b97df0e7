import { applyScript, baseChains, listTables, type HostNetwork, type NftTables } from '@shiplog/hostnet';
import type { Logger } from 'pino';
import { renderSenders, renderSources, renderSourcesRemoval, sourceTable, type Sender } from '../domain/source-rules';
import type { PodGuard } from './pod-interfaces';

/**
 * Keeps pods from speaking as others: see `renderSources`. A kernel without rules for bridges lets them, which is said once
 * and keeps no pod from its network.
 */
export class SourceGuard implements PodGuard {
  readonly #senders = new Map<string, Sender>();
  /** Whether the table holds all senders. */
  #isWritten = false;
  /** What packets are sent through, as the kernel showed it when the table had been written. */
  #standing = '';
  #problem: string | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly node: string,
    private readonly network: HostNetwork,
    private readonly logger: Logger,
  ) {}

  /** Writes the whole table anew, for the pods that are connected: at no moment is there none of an earlier process'. */
  start(connected: Iterable<Sender>): Promise<void> {
    this.#senders.clear();
    for (const { uid, ip } of connected) this.#senders.set(uid, { uid, ip });
    this.#isWritten = false;
    return this.#write('');
  }

  async connecting(uid: string, ip: string): Promise<void> {
    const before = this.#senders.get(uid);
    const sender = { uid, ip };
    this.#senders.set(uid, sender);
    if (before?.ip === ip) return this.#write('');
    const gone = before === undefined ? '' : renderSenders('delete', this.node, [before]);
    return this.#write(`${gone}${renderSenders('add', this.node, [sender])}`);
  }

  disconnected(uid: string): void {
    const before = this.#senders.get(uid);
    if (before === undefined) return;
    this.#senders.delete(uid);
    void this.#write(renderSenders('delete', this.node, [before]));
  }

  /** Whether the rules are among all tables in the kernel. */
  stands(tables: NftTables): boolean {
    return !this.#isWritten || baseChains(tables.get(sourceTable(this.node)) ?? '') === this.#standing;
  }

  /** Looks whether the rules are there, and writes them again when they aren't. */
  async verify(): Promise<void> {
    if (this.#problem === undefined && this.stands(await listTables(this.network))) return;
    this.#isWritten = false;
    await this.#write('');
  }

  /** One writer at a time. After a failure the next writes the whole table. */
  #write(change: string): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      try {
        if (!this.#isWritten) await this.#writeAll();
        else if (change !== '') await applyScript(this.network, change);
        this.#problem = undefined;
      } catch (error) {
        this.#isWritten = false;
        this.#failed(error);
      }
    });
    return this.#writing;
  }

  async #writeAll(): Promise<void> {
    await applyScript(this.network, renderSources(this.node, [...this.#senders.values()]));
    this.#standing = baseChains((await listTables(this.network)).get(sourceTable(this.node)) ?? '');
    this.#isWritten = true;
  }

  #failed(error: unknown): void {
    const problem = error instanceof Error ? error.message : String(error);
    if (problem !== this.#problem)
      this.logger.error({ err: error }, 'pods of this node are not kept from sending as others');
    this.#problem = problem;
  }
}

/** Removes the rules of a node. */
export async function removeSourceRules(node: string, network: HostNetwork): Promise<void> {
  // A kernel without rules for bridges has none to remove.
  await applyScript(network, renderSourcesRemoval(node)).catch(() => undefined);
}
