import {
  applyScript,
  baseChains,
  listTables,
  renderTableRemoval,
  type HostNetwork,
  type NftTables,
} from '@shiplog/hostnet';
import type { Logger } from 'pino';
import {
  betweenPodsTable,
  names,
  policyTable,
  policyTables,
  renderBetweenPods,
  renderBetweenPodsRemoval,
} from './domain/layout';
import { DIRECTIONS, type Direction } from './domain/compile';
import { readDrops, type Drop } from './domain/drops';
import { PolicyState } from './domain/policy-state';

/** The rules of network policies in the kernel: loaded whole once, then kept up by what changes. One transaction at a time. */
export class PolicyRules {
  readonly state = new PolicyState();
  /** The table that holds all that was taken of the state so far. */
  #table: string | undefined;
  /** Whether there is a table for what pods of this node send each other by IPv6. */
  #closesBridge = false;
  #writing: Promise<void> = Promise.resolve();
  /** The next write, which takes all that has changed when it begins. */
  #next: Promise<void> | undefined;

  constructor(
    private readonly node: string,
    private readonly network: HostNetwork,
    private readonly logger: Logger,
  ) {}

  /** Resolves once all that the state is now is in the kernel. After a failure the next call loads the whole table. */
  sync(): Promise<void> {
    if (this.#next !== undefined) return this.#next;
    const next = this.#writing.then(() => {
      this.#next = undefined;
      return this.#write();
    });
    this.#next = next;
    this.#writing = next.catch(() => undefined);
    return next;
  }

  /** Whether the rules are still there: someone may have flushed the ruleset. Loads them again when they aren't. */
  async verify(): Promise<void> {
    const table = this.#table;
    if (table === undefined) return this.sync();
    const tables = await listTables(this.network);
    if (this.stands(tables)) return this.#removeOthers(table, policyTables(this.node, tables.keys()));
    this.logger.warn('the rules of network policies are gone from the kernel; loading them again');
    this.#table = undefined;
    await this.sync();
  }

  /** Whether the rules are among all tables: not while they are still to be loaded. */
  stands(tables: NftTables): boolean {
    const table = this.#table;
    if (table === undefined) return false;
    const chains = baseChains(tables.get(`ip ${table}`) ?? '');
    const isClosed = !this.#closesBridge || tables.get(betweenPodsTable(this.node))?.includes('drop') === true;
    return isClosed && DIRECTIONS.every((direction) => chains.includes(`vmap @${names.isolated(direction)}`));
  }

  /** What was dropped lately, in no order. */
  async drops(): Promise<Drop[]> {
    const table = this.#table;
    if (table === undefined) return [];
    const sets = DIRECTIONS.flatMap((direction) =>
      [names.deniedPorts(direction), names.deniedOthers(direction)].map((set) => ({ direction, set })),
    );
    const found = await Promise.all(sets.map(({ direction, set }) => this.#dropsIn(table, direction, set)));
    return found.flat();
  }

  async #dropsIn(table: string, direction: Direction, set: string): Promise<Drop[]> {
    return readDrops(direction, await this.network.run('nft', ['-j', 'list', 'set', 'ip', table, set]));
  }

  async #write(): Promise<void> {
    const table = this.#table;
    if (table === undefined) return this.#load();
    const script = this.state.takeChanges(table);
    if (script === '') return;
    const started = performance.now();
    try {
      await applyScript(this.network, script);
    } catch (error) {
      this.#table = undefined;
      throw error;
    }
    this.logger.debug(
      { characters: script.length, ms: Math.round(performance.now() - started) },
      'policy rules changed',
    );
  }

  /**
   * The whole table under a name that is free. What an earlier process left stands until then, and for a moment packets
   * must pass both: at no time is there none.
   */
  async #load(): Promise<void> {
    const started = performance.now();
    const taken = policyTables(this.node, (await listTables(this.network)).keys());
    const table = [0, 1, 2].map((n) => policyTable(this.node, n)).find((name) => !taken.includes(name)) ?? '';
    await applyScript(this.network, this.state.takeAll(table));
    this.#table = table;
    await this.#removeOthers(table, taken);
    await this.#closeBridge();
    const ms = Math.round(performance.now() - started);
    this.logger.info({ table, isolated: this.state.isolated, ms }, 'rules of network policies loaded');
  }

  /** The pod network has IPv4 only: by addresses of IPv6 that interfaces give themselves pods would go past the rules. */
  async #closeBridge(): Promise<void> {
    try {
      await applyScript(this.network, renderBetweenPods(this.node));
      this.#closesBridge = true;
    } catch (error) {
      this.logger.warn({ err: error }, 'what pods of this node send each other by IPv6 is not dropped');
    }
  }

  async #removeOthers(table: string, all: readonly string[]): Promise<void> {
    for (const other of all) if (other !== table) await applyScript(this.network, renderTableRemoval(other));
  }
}

/** Removes every rule of network policies of a node. */
export async function removePolicyRules(node: string, network: HostNetwork): Promise<void> {
  const tables = policyTables(node, (await listTables(network)).keys());
  for (const table of tables) await applyScript(network, renderTableRemoval(table));
  // A kernel without rules for IPv6 has none to remove.
  await applyScript(network, renderBetweenPodsRemoval(node)).catch(() => undefined);
}
