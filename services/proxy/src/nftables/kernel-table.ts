import {
  allowIpv6Forwarding,
  applyScript,
  baseChains,
  definedNames,
  forgetFlows,
  listTables,
  renderRemoval,
  renderTableRemoval,
  type ElementChange,
  type HostNetwork,
  type IsStale,
  type NftTables,
} from '@shiplog/hostnet';
import type { Logger } from 'pino';
import type { TableOptions } from './domain/base';
import { WORDS } from './domain/family';
import { leftBehind, leftOver } from './domain/stale-flows';
import { TableState } from './domain/table-state';

const ROUTE_LOCALNET = '/proc/sys/net/ipv4/conf/all/route_localnet';
const IP_FORWARD = '/proc/sys/net/ipv4/ip_forward';

/** The services of one family, and what of them is in the kernel. */
export class KernelTable {
  /** What the kernel should have; changes of it that were taken are in the kernel, or `isLoaded` is false. */
  readonly state: TableState;
  /** As the kernel lists it. */
  readonly name: string;
  isLoaded = false;
  #wasLoaded = false;
  /** What packets are sent through, as the kernel showed it when all was loaded. */
  #standing = '';
  /** What keeps UDP conversations with backends that are gone from being ended; undefined: nothing. */
  flowsProblem: string | undefined;

  constructor(
    private readonly options: TableOptions,
    private readonly logger: Logger,
    private readonly network: HostNetwork,
  ) {
    this.state = new TableState(options);
    this.name = `${WORDS[options.family].table} ${options.table}`;
  }

  /** Whether there is anything that the table would be for. */
  get isWanted(): boolean {
    return this.options.family === 'IPv4' || this.options.serviceCidr !== '' || !this.state.isEmpty;
  }

  /** Loads the whole table, in one transaction. */
  async load(): Promise<void> {
    const started = performance.now();
    await this.#allowRouting();
    // Only once this process knows what is in the kernel: until then they may be there, with elements that serve.
    const definitions = this.#wasLoaded ? this.state.takeDefinitions() : '';
    if (definitions !== '') await applyScript(this.network, definitions);
    const { script, elements } = this.state.takeAll({ anew: false });
    try {
      await applyScript(this.network, script);
    } catch (error) {
      this.logger.info({ err: error }, 'the table in the kernel has another layout; replacing it');
      await applyScript(this.network, this.state.takeAll({ anew: true }).script);
    }
    this.#standing = baseChains((await listTables(this.network)).get(this.name) ?? '');
    this.isLoaded = true;
    this.#wasLoaded = true;
    this.logger.info(
      {
        table: this.name,
        services: this.state.services().length,
        elements: elements.length,
        ms: Math.round(performance.now() - started),
      },
      'service rules loaded',
    );
    await this.#endLeftOver(elements);
  }

  /** Whether all that packets are sent through is as it was when it was loaded. */
  stands(listed: NftTables): boolean {
    return baseChains(listed.get(this.name) ?? '') === this.#standing;
  }

  /** Takes it out of the kernel. */
  async remove(): Promise<void> {
    this.isLoaded = false;
    await applyScript(this.network, renderTableRemoval(this.options.table, WORDS[this.options.family].table));
  }

  /** What has had no use for two looks leaves. It is in nobody's way: a failure is told, and tried again at the next look. */
  async removeUnused(listed: NftTables): Promise<void> {
    const parts = this.state.longUnused(definedNames(listed.get(this.name) ?? ''));
    if (parts.length === 0) return;
    try {
      await applyScript(this.network, renderRemoval(this.options.table, parts, WORDS[this.options.family].table));
      this.state.forget(parts);
    } catch (error) {
      this.logger.warn({ err: error }, 'rules that no service uses could not be removed');
    }
  }

  /** Ends UDP conversations that these changes, which are in the kernel, left behind. */
  async endLeftBehind(changes: readonly ElementChange[]): Promise<void> {
    const isStale = leftBehind(changes);
    if (isStale !== undefined) await this.#forget(isStale);
  }

  /** Ends what could not be ended before. */
  async endAgain(): Promise<void> {
    if (this.flowsProblem !== undefined) await this.#endLeftOver(this.state.elements());
  }

  async #endLeftOver(elements: readonly ElementChange[]): Promise<void> {
    await this.#forget(leftOver(elements, this.options.serviceCidr));
  }

  /** A failure ends nothing else: it is told, and tried again with all flows at the next look. */
  async #forget(isStale: IsStale): Promise<void> {
    try {
      const count = await forgetFlows(this.network, isStale, WORDS[this.options.family].table);
      this.flowsProblem = undefined;
      if (count > 0) this.logger.debug({ count }, 'UDP conversations with backends that are gone were ended');
    } catch (error) {
      this.flowsProblem = error instanceof Error ? error.message : String(error);
      this.logger.error({ err: error }, 'UDP clients may go on talking to backends that are gone');
    }
  }

  /** Forwarding, and for IPv4 127.0.0.1 as a place that node ports answer on. */
  async #allowRouting(): Promise<void> {
    const settings =
      this.options.family === 'IPv4'
        ? [IP_FORWARD, ROUTE_LOCALNET].map((path) => () => this.network.setting(path, '1'))
        : [() => allowIpv6Forwarding(this.network)];
    for (const make of settings) {
      try {
        await make();
      } catch (error) {
        this.logger.warn({ err: error }, 'a kernel setting that services need could not be made');
      }
    }
  }
}
