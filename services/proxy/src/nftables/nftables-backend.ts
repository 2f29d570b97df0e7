import { oneOf } from '@shiplog/apimachinery';
import {
  applyScript,
  hostNetwork,
  listTables,
  renderTableRemoval,
  type HostNetwork,
  type NftTables,
} from '@shiplog/hostnet';
import type { Logger } from 'pino';
import { FAMILIES, type ServicePort } from '../domain/service-port';
import type { ProxyBackend } from '../proxy-backend';
import { WORDS } from './domain/family';
import { tableOptionsOf, type NftablesOptions } from './domain/table-options';
import { KernelTable } from './kernel-table';
import { whyNoNftables } from './probe';

/** Services as rules of the kernel: loaded whole once, then kept up by elements alone. Each family has a table of its own. */
export class NftablesBackend implements ProxyBackend {
  readonly mode = 'nftables';
  readonly #ipv4: KernelTable;
  /** Not in the kernel before there is an IPv6 service, or a range for such. */
  readonly #ipv6: KernelTable;
  /** Why this machine can't have the IPv6 one, though it is wanted. */
  #noIpv6: string | undefined;

  constructor(
    options: NftablesOptions,
    private readonly logger: Logger,
    private readonly network: HostNetwork = hostNetwork,
  ) {
    this.#ipv4 = new KernelTable(tableOptionsOf(options, 'IPv4'), logger, network);
    this.#ipv6 = new KernelTable(tableOptionsOf(options, 'IPv6'), logger, network);
  }

  set(service: string, ports: readonly ServicePort[]): void {
    for (const { family } of ports) oneOf(family, FAMILIES);
    for (const family of FAMILIES) {
      const { state } = family === 'IPv4' ? this.#ipv4 : this.#ipv6;
      state.set(
        service,
        ports.filter((port) => port.family === family),
      );
    }
  }

  services(): string[] {
    const [ipv4, ipv6] = [this.#ipv4.state.services(), this.#ipv6.state.services()];
    return ipv6.length === 0 ? ipv4 : [...new Set([...ipv4, ...ipv6])];
  }

  /** Brings the kernel up to date. After a failure the next call loads the whole table. */
  async sync(): Promise<void> {
    if (this.#ipv6.isLoaded && !this.#ipv6.isWanted) await this.#ipv6.remove();
    await this.#lookForIpv6();
    const tables = this.#served();
    await this.#change(tables.filter(({ isLoaded }) => isLoaded));
    // What can't be had would be gathered for ever; a load takes all that there is.
    if (this.#noIpv6 !== undefined) this.#ipv6.state.takeChanges();
    for (const table of tables) if (!table.isLoaded) await table.load();
  }

  /**
   * Whether the rules are still there: someone may have flushed the ruleset. Loads them again when they aren't; otherwise what has
   * had no use for a while leaves them.
   */
  async verify(): Promise<void> {
    const tables = this.#served();
    if (tables.some(({ isLoaded }) => !isLoaded)) return;
    const listed = await listTables(this.network);
    const gone = tables.filter((table) => !table.stands(listed));
    for (const table of gone) {
      this.logger.warn({ table: table.name }, 'the service rules are gone from the kernel; loading them again');
      table.isLoaded = false;
    }
    if (gone.length > 0) return this.sync();
    for (const table of tables) {
      await table.removeUnused(listed);
      await table.endAgain();
    }
    await this.#lookAtIpv6Again(listed);
  }

  /** Says that everything should be put into the kernel again at the next sync. */
  forceFullSync(): void {
    for (const table of this.#served()) table.isLoaded = false;
  }

  detail(): string {
    const problem = this.#served().find(({ flowsProblem }) => flowsProblem !== undefined)?.flowsProblem;
    return [
      `${this.services().length} services in nftables`,
      ...(this.#noIpv6 === undefined ? [] : [`IPv6 addresses of services are not served: ${this.#noIpv6}`]),
      ...(problem === undefined ? [] : [`UDP clients may go on talking to backends that are gone: ${problem}`]),
    ].join('; ');
  }

  /** The rules stay when the proxy stops, so that services go on: as kube-proxy does. */
  async stop(): Promise<void> {
    await Promise.resolve();
  }

  #served(): KernelTable[] {
    return this.#ipv6.isWanted && this.#noIpv6 === undefined ? [this.#ipv4, this.#ipv6] : [this.#ipv4];
  }

  /** Changes of both tables are one transaction, and one run of nft. */
  async #change(tables: readonly KernelTable[]): Promise<void> {
    const started = performance.now();
    const taken = tables.map((table) => ({ table, ...table.state.takeChanges() }));
    const changed = taken.filter(({ script }) => script !== '');
    if (changed.length === 0) return;
    try {
      const definitions = changed.map(({ table }) => table.state.takeDefinitions()).join('');
      if (definitions !== '') await applyScript(this.network, definitions);
      await applyScript(this.network, changed.map(({ script }) => script).join(''));
    } catch (error) {
      for (const { table } of changed) table.isLoaded = false;
      throw error;
    }
    const elements = changed.reduce((sum, { changes }) => sum + changes.length, 0);
    this.logger.debug({ elements, ms: Math.round(performance.now() - started) }, 'rules changed');
    for (const { table, changes } of changed) await table.endLeftBehind(changes);
  }

  /** A kernel may be without IPv6, or without its translation: then IPv4 goes on alone. */
  async #lookForIpv6(): Promise<void> {
    if (!this.#ipv6.isWanted || this.#ipv6.isLoaded || this.#noIpv6 !== undefined) return;
    this.#noIpv6 = await whyNoNftables(this.network, 'IPv6');
    if (this.#noIpv6 !== undefined)
      this.logger.warn(
        { reason: this.#noIpv6 },
        'nftables does not work for IPv6 here: services are served on IPv4 alone',
      );
  }

  /** It may have come since; and an earlier proxy may have left a table that nobody wants any more. */
  async #lookAtIpv6Again(listed: NftTables): Promise<void> {
    if (!this.#ipv6.isWanted && listed.has(this.#ipv6.name)) await this.#ipv6.remove();
    if (this.#noIpv6 === undefined) return;
    this.#noIpv6 = await whyNoNftables(this.network, 'IPv6');
    if (this.#noIpv6 === undefined) await this.sync();
  }
}

/** Removes every rule; services stop working on this node. */
export async function cleanUp(table: string, network: HostNetwork = hostNetwork): Promise<void> {
  await applyScript(network, renderTableRemoval(table));
  const { table: family } = WORDS.IPv6;
  if ((await listTables(network)).has(`${family} ${table}`))
    await applyScript(network, renderTableRemoval(table, family));
}
