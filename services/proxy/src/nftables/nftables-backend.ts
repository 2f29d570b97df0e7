import {
  applyScript,
  baseChains,
  definedNames,
  forgetFlows,
  hostNetwork,
  listTables,
  renderRemoval,
  renderTableRemoval,
  type HostNetwork,
  type IsStale,
} from '@shiplog/hostnet';
import type { Logger } from 'pino';
import type { ServicePort } from '../domain/service-port';
import type { ProxyBackend } from '../proxy-backend';
import type { TableOptions } from './domain/base';
import { leftBehind, leftOver } from './domain/stale-flows';
import { TableState } from './domain/table-state';

const ROUTE_LOCALNET = '/proc/sys/net/ipv4/conf/all/route_localnet';
const IP_FORWARD = '/proc/sys/net/ipv4/ip_forward';

/** Services as rules of the kernel: loaded whole once, then kept up by elements alone. */
export class NftablesBackend implements ProxyBackend {
  readonly mode = 'nftables';
  readonly #table: TableState;
  #loaded = false;
  #wasLoaded = false;
  /** What packets are sent through, as the kernel showed it when all was loaded. */
  #standing = '';
  /** What keeps UDP conversations with backends that are gone from being ended. */
  #flowsProblem: string | undefined;

  constructor(
    private readonly options: TableOptions,
    private readonly logger: Logger,
    private readonly network: HostNetwork = hostNetwork,
  ) {
    this.#table = new TableState(options);
  }

  set(service: string, ports: readonly ServicePort[]): void {
    this.#table.set(service, ports);
  }

  services(): string[] {
    return this.#table.services();
  }

  /** Brings the kernel up to date. After a failure the next call loads the whole table. */
  async sync(): Promise<void> {
    if (!this.#loaded) return this.#loadAll();
    const { script, changes } = this.#table.takeChanges();
    if (script === '') return;
    const started = performance.now();
    try {
      await this.#define();
      await applyScript(this.network, script);
    } catch (error) {
      this.#loaded = false;
      throw error;
    }
    this.logger.debug({ elements: changes.length, ms: Math.round(performance.now() - started) }, 'rules changed');
    const isStale = leftBehind(changes);
    if (isStale !== undefined) await this.#forget(isStale);
  }

  /**
   * Whether the rules are still there: someone may have flushed the ruleset. Loads them again when they aren't; otherwise what has
   * had no use for a while leaves them.
   */
  async verify(): Promise<void> {
    if (!this.#loaded) return;
    const listed = await this.#list();
    if (baseChains(listed) === this.#standing) {
      await this.#removeUnused(listed);
      return this.#forgetAgain();
    }
    this.logger.warn('the service rules are gone from the kernel; loading them again');
    this.#loaded = false;
    await this.sync();
  }

  /** Says that everything should be put into the kernel again at the next sync. */
  forceFullSync(): void {
    this.#loaded = false;
  }

  detail(): string {
    const served = `${this.#table.services().length} services in nftables`;
    if (this.#flowsProblem === undefined) return served;
    return `${served}; UDP clients may go on talking to backends that are gone: ${this.#flowsProblem}`;
  }

  /** The rules stay when the proxy stops, so that services go on: as kube-proxy does. */
  async stop(): Promise<void> {
    await Promise.resolve();
  }

  /** The table without its elements, which may be many; '' when there is none. */
  async #list(): Promise<string> {
    return (await listTables(this.network)).get(`ip ${this.options.table}`) ?? '';
  }

  /** It is in nobody's way: a failure is told, and tried again at the next look. */
  async #removeUnused(listed: string): Promise<void> {
    const parts = this.#table.longUnused(definedNames(listed));
    if (parts.length === 0) return;
    try {
      await applyScript(this.network, renderRemoval(this.options.table, parts));
      this.#table.forget(parts);
    } catch (error) {
      this.logger.warn({ err: error }, 'rules that no service uses could not be removed');
    }
  }

  async #forgetAgain(): Promise<void> {
    if (this.#flowsProblem === undefined) return;
    await this.#forget(leftOver(this.#table.elements(), this.options.serviceCidr));
  }

  async #define(): Promise<void> {
    const definitions = this.#table.takeDefinitions();
    if (definitions !== '') await applyScript(this.network, definitions);
  }

  async #loadAll(): Promise<void> {
    const started = performance.now();
    await allowRouting(this.network, this.logger);
    // Only once this process knows what is in the kernel: until then they may be there, with elements that serve.
    if (this.#wasLoaded) await this.#define();
    const { script, elements } = this.#table.takeAll({ anew: false });
    try {
      await applyScript(this.network, script);
    } catch (error) {
      this.logger.info({ err: error }, 'the table in the kernel has another layout; replacing it');
      await applyScript(this.network, this.#table.takeAll({ anew: true }).script);
    }
    this.#standing = baseChains(await this.#list());
    this.#loaded = true;
    this.#wasLoaded = true;
    this.logger.info(
      {
        services: this.#table.services().length,
        elements: elements.length,
        ms: Math.round(performance.now() - started),
      },
      'service rules loaded',
    );
    await this.#forget(leftOver(elements, this.options.serviceCidr));
  }

  /** A failure ends nothing else: it is told, and tried again with all flows at the next look. */
  async #forget(isStale: IsStale): Promise<void> {
    try {
      const count = await forgetFlows(this.network, isStale);
      this.#flowsProblem = undefined;
      if (count > 0) this.logger.debug({ count }, 'UDP conversations with backends that are gone were ended');
    } catch (error) {
      this.#flowsProblem = error instanceof Error ? error.message : String(error);
      this.logger.error({ err: error }, 'UDP clients may go on talking to backends that are gone');
    }
  }
}

/** Removes every rule; services stop working on this node. */
export async function cleanUp(table: string, network: HostNetwork = hostNetwork): Promise<void> {
  await applyScript(network, renderTableRemoval(table));
}

/** Forwarding, and 127.0.0.1 as a place that node ports answer on. */
async function allowRouting(network: HostNetwork, logger: Logger): Promise<void> {
  for (const path of [IP_FORWARD, ROUTE_LOCALNET]) {
    try {
      await network.setting(path, '1');
    } catch (error) {
      logger.warn({ err: error, path }, 'a kernel setting that services need could not be made');
    }
  }
}
