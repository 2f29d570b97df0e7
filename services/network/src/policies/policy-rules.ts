import {
  applyScript,
  baseChains,
  listTables,
  renderTableRemoval,
  type HostNetwork,
  type NftTables,
  type TableFamily,
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

const FAMILIES = ['ip', 'ip6'] as const;

/** The rules of network policies in the kernel: loaded whole once, then kept up by what changes. One transaction at a time. */
export class PolicyRules {
  /** Of IPv4. */
  readonly state = new PolicyState();
  /** Of IPv6, in a dual-stack cluster. */
  readonly stateV6: PolicyState | undefined;
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
    { isDualStack = false } = {},
  ) {
    this.stateV6 = isDualStack ? new PolicyState('ip6') : undefined;
  }

  /** Of each family that the cluster has. */
  get states(): readonly PolicyState[] {
    return this.stateV6 === undefined ? [this.state] : [this.state, this.stateV6];
  }

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
    if (this.stands(tables)) return this.#removeOthers(table, tables);
    this.logger.warn('the rules of network policies are gone from the kernel; loading them again');
    this.#table = undefined;
    await this.sync();
  }

  /** Whether the rules are among all tables: not while they are still to be loaded. */
  stands(tables: NftTables): boolean {
    const table = this.#table;
    if (table === undefined) return false;
    const isClosed = !this.#closesBridge || tables.get(betweenPodsTable(this.node))?.includes('drop') === true;
    const chains = this.states.map(({ family }) => baseChains(tables.get(`${family} ${table}`) ?? ''));
    const isJudged = (text: string): boolean =>
      DIRECTIONS.every((direction) => text.includes(`vmap @${names.isolated(direction)}`));
    return isClosed && chains.every(isJudged);
  }

  /** What was dropped lately, in no order. */
  async drops(): Promise<Drop[]> {
    const table = this.#table;
    if (table === undefined) return [];
    const sets = this.states.flatMap(({ family }) =>
      DIRECTIONS.flatMap((direction) =>
        [names.deniedPorts(direction), names.deniedOthers(direction)].map((set) => ({ family, direction, set })),
      ),
    );
    const found = await Promise.all(sets.map((place) => this.#dropsIn(table, place)));
    return found.flat();
  }

  async #dropsIn(
    table: string,
    { family, direction, set }: { family: TableFamily; direction: Direction; set: string },
  ): Promise<Drop[]> {
    return readDrops(direction, await this.network.run('nft', ['-j', 'list', 'set', family, table, set]));
  }

  async #write(): Promise<void> {
    const table = this.#table;
    if (table === undefined) return this.#load();
    const script = this.states.map((state) => state.takeChanges(table)).join('');
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
    const tables = await listTables(this.network);
    const taken = FAMILIES.flatMap((family) => policyTables(this.node, tables.keys(), family));
    const table = [0, 1, 2].map((n) => policyTable(this.node, n)).find((name) => !taken.includes(name)) ?? '';
    await applyScript(this.network, this.states.map((state) => state.takeAll(table)).join(''));
    this.#table = table;
    await this.#removeOthers(table, tables);
    if (this.stateV6 === undefined) await this.#closeBridge();
    else await applyScript(this.network, renderBetweenPodsRemoval(this.node));
    const ms = Math.round(performance.now() - started);
    this.logger.info({ table, isolated: this.state.isolated, ms }, 'rules of network policies loaded');
  }

  /** In a cluster of IPv4 alone: by addresses of IPv6 that interfaces give themselves pods would go past the rules. */
  async #closeBridge(): Promise<void> {
    try {
      await applyScript(this.network, renderBetweenPods(this.node));
      this.#closesBridge = true;
    } catch (error) {
      this.logger.warn({ err: error }, 'what pods of this node send each other by IPv6 is not dropped');
    }
  }

  /** Those of a family that the cluster has no more, too. */
  async #removeOthers(table: string, tables: NftTables): Promise<void> {
    const own = new Set(this.states.map(({ family }) => `${family} ${table}`));
    for (const family of FAMILIES)
      for (const other of policyTables(this.node, tables.keys(), family))
        if (!own.has(`${family} ${other}`)) await applyScript(this.network, renderTableRemoval(other, family));
  }
}

/** Removes every rule of network policies of a node. */
export async function removePolicyRules(node: string, network: HostNetwork): Promise<void> {
  const tables = await listTables(network);
  for (const family of FAMILIES)
    for (const table of policyTables(node, tables.keys(), family))
      await applyScript(network, renderTableRemoval(table, family));
  // A kernel without rules for IPv6 has none to remove.
  await applyScript(network, renderBetweenPodsRemoval(node)).catch(() => undefined);
}
