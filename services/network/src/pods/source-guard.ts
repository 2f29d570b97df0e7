import { applyScript, baseChains, listTables, type HostNetwork, type NftTables } from '@shiplog/hostnet';
import type { Logger } from 'pino';
import { IpamPool } from '../domain/ipam';
import {
  blockOf,
  renderBlock,
  renderSources,
  renderSourcesRemoval,
  sourceTable,
  type V6Of,
} from '../domain/source-rules';
import type { PodGuard } from './pod-interfaces';

/**
 * Keeps pods from speaking as others: see `renderSources`. A kernel without rules for bridges lets them, which is said once
 * and keeps no pod from its network.
 */
export class SourceGuard implements PodGuard {
  /** Blocks of addresses that pods may have. */
  readonly #blocks = new Set<string>();
  #v6Of: V6Of | undefined;
  /** Whether the table holds all blocks. */
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

  /**
   * Writes the whole table anew, for the pods that are connected and those to come: at no moment is there none of an earlier
   * process'.
   */
  start(podCidr: string, connected: Iterable<{ readonly ip: string }>, podCidrV6?: string): Promise<void> {
    this.#blocks.clear();
    const pool = new IpamPool(podCidr, podCidrV6);
    this.#v6Of = podCidrV6 === undefined ? undefined : (ip) => pool.v6Of(ip);
    for (const ip of [podCidr.split('/')[0] ?? '', ...[...connected].map((pod) => pod.ip)])
      this.#blocks.add(blockOf(ip));
    this.#isWritten = false;
    return this.#write('');
  }

  /** Costs nothing but for the first pod of a block. */
  async connecting(_uid: string, ip: string): Promise<void> {
    const block = blockOf(ip);
    if (this.#blocks.has(block)) return this.#isWritten ? this.#writing : this.#write('');
    this.#blocks.add(block);
    return this.#write(renderBlock(this.node, block, this.#v6Of));
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
    await applyScript(this.network, renderSources(this.node, this.#blocks, this.#v6Of));
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
