import type { AddressBlock, Direction, PolicyRule, PortMatch } from './compile';
import { names, peerAddress } from './layout';
import type { PeerSets } from './peer-sets';
import type { CountedSet, PolicyTable, RuleChain } from './policy-table';

/** The rules of a policy in one direction, with all that they refer to. */
export interface PolicyChain {
  /** Not there when nothing is let through. */
  readonly chain?: RuleChain;
  /** Gives back what it refers to. */
  release(): void;
}

/**
 * Makes chains of rules: as many lines as there are peers and ports, never a product of both. No rule holds a set of its
 * own: for every one with intervals nft would read all of the table at every change.
 */
export class RuleChains {
  constructor(
    private readonly table: PolicyTable,
    private readonly peers: PeerSets,
  ) {}

  make(direction: Direction, rules: readonly PolicyRule[]): PolicyChain {
    const used: (CountedSet | RuleChain)[] = [];
    const lines = new Set(rules.flatMap((rule) => this.#lines(direction, rule, used)));
    const chain = lines.size === 0 ? undefined : this.table.chain(names.policy, [...lines]);
    if (chain !== undefined) used.push(chain);
    const release = (): void => {
      for (const item of used.splice(0)) {
        if (item.kind === 'set') this.peers.release(item);
        else this.table.release(item);
      }
    };
    return chain === undefined ? { release } : { chain, release };
  }

  #lines(direction: Direction, rule: PolicyRule, used: (CountedSet | RuleChain)[]): string[] {
    const { family } = this.table;
    const peer = peerAddress(direction, family);
    const end = this.#ending(rule.ports, used);
    if (end === undefined) return [];
    if (rule.anyone) return [end];
    const chosen = rule.selectors.map((selector) => {
      const set = this.peers.selector(selector);
      used.push(set);
      return `${peer} @${set.name} ${end}`;
    });
    const blocks = rule.blocks.filter((block) => block.family === family);
    return [...chosen, ...blocks.map((block) => this.#block(peer, block, end, used))];
  }

  /** What becomes of a packet whose peer is right; undefined: nothing, since no port is. */
  #ending(ports: readonly PortMatch[] | undefined, used: (CountedSet | RuleChain)[]): string | undefined {
    if (ports === undefined) return 'accept';
    const [first, ...more] = ports.map((port) => `${this.#port(port, used)} accept`);
    if (first === undefined || more.length === 0) return first;
    const chain = this.table.chain(names.ports, [first, ...more]);
    used.push(chain);
    return `jump ${chain.name}`;
  }

  #port(port: PortMatch, used: (CountedSet | RuleChain)[]): string {
    if ('from' in port) return `${port.protocol} dport ${port.from}${port.to === port.from ? '' : `-${port.to}`}`;
    if (!('name' in port)) return `meta l4proto ${port.protocol}`;
    const set = this.peers.named(port.protocol, port.name);
    used.push(set);
    return `${this.table.family} daddr . meta l4proto . th dport @${set.name}`;
  }

  #block(peer: string, { cidr, except }: AddressBlock, end: string, used: (CountedSet | RuleChain)[]): string {
    const within = cidr.endsWith('/0') ? '' : `${peer} ${cidr} `;
    if (except.length === 0) return `${within}${end}`;
    const chain = this.table.chain(names.block, [...except.map((part) => `${peer} ${part} return`), end]);
    used.push(chain);
    return `${within}jump ${chain.name}`;
  }
}
