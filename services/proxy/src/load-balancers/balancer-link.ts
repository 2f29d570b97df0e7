import { createHash } from 'node:crypto';
import { isIpv6 } from '@shiplog/apimachinery';
import { batch, type HostNetwork } from '@shiplog/hostnet';
import type { Logger } from 'pino';

interface LinkAddress {
  /** Not of one of another scope than was asked for. */
  readonly local?: string;
}

interface Route {
  /** `default`, or a network. */
  readonly dst: string;
  readonly dev: string;
  readonly gateway?: string;
}

interface Link {
  readonly ifname: string;
  readonly addr_info?: readonly LinkAddress[];
}

/** The link that holds a node's announced addresses: at most 15 characters; a host may serve several clusters. */
export function linkOf(node: string): string {
  return `lb${createHash('sha256').update(node).digest('hex').slice(0, 8)}`;
}

/**
 * Keeps the load balancers' addresses for which this node answers: on a link of its own, which carries nothing. The kernel
 * answers for them on every other link, and what comes in is led on by the Services' rules before anything else. The
 * neighbours are told of an address that is new here, or they would ask the node that had it before for up to a minute.
 */
export class BalancerLink {
  readonly #wanted = new Map<string, readonly string[]>();
  readonly #link: string;
  /** As the link was left; undefined: it is to be looked at. */
  #held: ReadonlySet<string> | undefined;
  #problem: string | undefined;
  /** Never rejects. */
  #greeting: Promise<void> = Promise.resolve();

  constructor(
    node: string,
    private readonly network: HostNetwork,
    private readonly logger: Logger,
  ) {
    this.#link = linkOf(node);
  }

  /** Makes these all that a Service has announced here; takes effect at the next sync. */
  set(service: string, addresses: readonly string[]): void {
    if (addresses.length === 0) this.#wanted.delete(service);
    else this.#wanted.set(service, addresses);
  }

  /** Throws when the link could not be brought up to date, and may be called again. */
  async sync(): Promise<void> {
    const wanted = new Set([...this.#wanted.values()].flat());
    if (this.#held !== undefined && isSame(this.#held, wanted)) return;
    const held = await this.#read();
    this.#held = undefined;
    if (held !== undefined || wanted.size > 0) await this.#write(held, wanted);
    this.#held = wanted;
    const fresh = [...wanted].filter((address) => held?.has(address) !== true);
    if (fresh.length === 0) return;
    this.logger.info({ addresses: fresh }, 'this node answers for addresses of load balancers');
    // It takes a second, in which Services go on changing.
    this.#greeting = this.#greet(fresh);
  }

  /** Looks at the link, whatever has become of it; where nothing is to be on it there is nothing to look at. */
  async verify(): Promise<void> {
    if (this.#wanted.size === 0) return;
    this.#held = undefined;
    await this.sync();
  }

  /** The addresses stay: a proxy that is only restarted is missed by nobody. */
  stop(): Promise<void> {
    return this.#greeting;
  }

  detail(): string {
    const count = this.#held?.size ?? 0;
    const announced = count === 0 ? '' : `${count} addresses of load balancers announced`;
    return [announced, this.#problem ?? ''].filter((part) => part !== '').join('; ');
  }

  /** Nobody answers for the addresses here any more: another node takes them when this one's endpoints are not ready. */
  async #write(held: ReadonlySet<string> | undefined, wanted: ReadonlySet<string>): Promise<void> {
    // A bridge without ports: unlike a dummy, every kernel that has pods has it.
    const made = held === undefined ? [`link add ${this.#link} type bridge`, `link set ${this.#link} up`] : [];
    const gone = [...(held ?? [])].filter((address) => !wanted.has(address));
    const added = [...wanted].filter((address) => held?.has(address) !== true);
    await batch(this.network, 'ip', [
      ...made,
      ...gone.map((address) => `address delete ${hostRoute(address)} dev ${this.#link}`),
      ...added.map((address) => `address add ${hostRoute(address)} dev ${this.#link} nodad`),
    ]);
    await this.#answerNeighbours('add', added);
    await this.#answerNeighbours('delete', gone);
    if (wanted.size === 0) await batch(this.network, 'ip', [`link delete dev ${this.#link}`]);
  }

  /** Of IPv6, a link answers for its own addresses alone, and for those that it is told (RFC 4389). */
  async #answerNeighbours(verb: 'add' | 'delete', addresses: readonly string[]): Promise<void> {
    for (const address of addresses.filter(isIpv6)) {
      const fabric = await this.#fabricOf(address);
      if (fabric === undefined) continue;
      if (verb === 'add') await this.network.setting(`/proc/sys/net/ipv6/conf/${fabric}/proxy_ndp`, '1');
      await batch(this.network, 'ip', [`neighbour ${verb} proxy ${address} dev ${fabric}`]);
    }
  }

  /** The addresses on the link; undefined where there is none. */
  async #read(): Promise<ReadonlySet<string> | undefined> {
    const links = JSON.parse(await this.network.run('ip', ['-j', 'address', 'show', 'scope', 'global'])) as Link[];
    const link = links.find(({ ifname }) => ifname === this.#link);
    return link && new Set((link.addr_info ?? []).flatMap(({ local }) => local ?? []));
  }

  async #greet(addresses: readonly string[]): Promise<void> {
    const greeted = await Promise.allSettled(addresses.map((address) => this.#tellNeighbours(address)));
    const problems = new Set(greeted.flatMap((item) => (item.status === 'rejected' ? messageOf(item.reason) : [])));
    this.#problem = problems.size === 0 ? undefined : `neighbours were not told: ${[...problems].join(', ')}`;
    if (this.#problem !== undefined) this.logger.warn({ addresses }, this.#problem);
  }

  /** Of IPv6, neighbours find out by themselves within seconds (RFC 4861, 7.3). */
  async #tellNeighbours(address: string): Promise<void> {
    const fabric = isIpv6(address) ? undefined : await this.#fabricOf(address);
    if (fabric !== undefined) await this.network.run('arping', ['-U', '-q', '-c', '1', '-I', fabric, address]);
  }

  /** The link whose network an address is of; undefined for one that has no neighbours: somebody routes it here. */
  async #fabricOf(address: string): Promise<string | undefined> {
    const family = isIpv6(address) ? '-6' : '-4';
    const printed = await this.network.run('ip', [
      '-j',
      family,
      'route',
      'show',
      'table',
      'main',
      'to',
      'match',
      address,
    ]);
    const direct = (JSON.parse(printed) as Route[]).filter(
      ({ dst, gateway }) => dst !== 'default' && gateway === undefined,
    );
    return direct.filter(({ dev }) => dev !== this.#link).sort((a, b) => prefixOf(b) - prefixOf(a))[0]?.dev;
  }
}

function hostRoute(address: string): string {
  return `${address}/${isIpv6(address) ? 128 : 32}`;
}

function prefixOf({ dst }: Route): number {
  return Number(dst.split('/')[1] ?? 128);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function isSame(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((item) => b.has(item));
}
