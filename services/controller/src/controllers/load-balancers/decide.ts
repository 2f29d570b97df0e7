import type { ObjectOf } from '@shiplog/contracts';
import { canonicalIp, formatAddress, type IpFamily, ipFamilyOf, parseAddress } from '@shiplog/apimachinery';
import { statusPatchOf } from '@shiplog/kube';
import type { Note, PlannedCommand, ReconcileResult } from '../../runtime/domain/controller';

type StoredService = ObjectOf<'services'>;

/** Addresses of one family that load balancers may get, as numbers, both ends included. */
export interface AddressRange {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}

export interface LoadBalancersView {
  readonly services: readonly StoredService[];
  /** At most one of a family. */
  readonly ranges: readonly AddressRange[];
}

/**
 * Gives every Service of type LoadBalancer an address of each of its families that there is a range of, and that no other has: the one
 * it asks for, else the lowest that is free, the older Service first. A Service that is no load balancer any more gives its addresses
 * back, and one that lost a family that of it. Those of another class are another controller's, and an address that someone else wrote
 * stays.
 */
export function decideLoadBalancers({ services, ranges }: LoadBalancersView): ReconcileResult {
  const commands: PlannedCommand[] = [];
  const notes: Note[] = [];
  const taken = new Set(services.filter(isBalancer).flatMap((service) => addressesOf(service)));
  const pools = ranges.map((range) => new Pool(range, taken));
  for (const service of services) if (keepsWithoutReason(service)) commands.push(writeAddresses(service, []));
  for (const service of services.filter(isServed).sort(byAge)) {
    const before = addressesOf(service);
    if (before.some((address) => !pools.some((pool) => pool.has(address)))) continue;
    const outcomes = pools.filter((pool) => isOf(service, pool.family)).map((pool) => pool.addressFor(service));
    const problem = outcomes.flatMap((outcome) => ('problem' in outcome ? [outcome.problem] : []))[0];
    if (problem !== undefined) {
      notes.push(noteOf(service, 'Warning', 'SyncLoadBalancerFailed', problem));
      continue;
    }
    const addresses = outcomes.flatMap((outcome) => ('address' in outcome ? [outcome.address] : []));
    if (addresses.length === 0 || addresses.join() === before.join()) continue;
    for (const address of addresses) taken.add(address);
    commands.push(writeAddresses(service, addresses));
    notes.push(noteOf(service, 'Normal', 'EnsuredLoadBalancer', 'Ensured load balancer'));
  }
  return { commands, notes };
}

/** What of a Service the decision looks at: a change of anything else needs none. */
export function seenOfBalancer({ spec, status, metadata }: StoredService) {
  return {
    type: spec?.type === 'LoadBalancer',
    class: spec?.loadBalancerClass,
    asked: spec?.loadBalancerIP,
    families: spec?.ipFamilies,
    ingress: status?.loadBalancer?.ingress,
    leaving: metadata.deletionTimestamp !== undefined,
  };
}

/** Whether the decision looks at a Service at all. */
export function concernsBalancers(service: StoredService): boolean {
  return isBalancer(service) || addressesOf(service).length > 0;
}

type Outcome = { readonly address: string } | { readonly problem: string };

/** The addresses of one range, while they are given away. */
class Pool {
  #lowest: bigint;

  constructor(
    readonly range: AddressRange,
    private readonly taken: ReadonlySet<string>,
  ) {
    this.#lowest = range.first;
  }

  get family(): IpFamily {
    return this.range.family === 4 ? 'IPv4' : 'IPv6';
  }

  has(address: string): boolean {
    const number = ipFamilyOf(address) === this.family ? parseAddress(address) : undefined;
    return number !== undefined && number >= this.range.first && number <= this.range.last;
  }

  /** The one that a Service has, or is to get. */
  addressFor(service: StoredService): Outcome {
    const held = addressesOf(service).find((address) => this.has(address));
    if (held !== undefined) return { address: held };
    const asked = service.spec?.loadBalancerIP ?? '';
    const isMine = asked !== '' && (ipFamilyOf(asked) ?? 'IPv4') === this.family;
    return isMine ? this.#claim(asked) : this.#free();
  }

  #free(): Outcome {
    const { family, last } = this.range;
    while (this.#lowest <= last && this.taken.has(formatAddress(family, this.#lowest))) this.#lowest += 1n;
    if (this.#lowest <= last) return { address: formatAddress(family, this.#lowest) };
    return { problem: `Error syncing load balancer: no address is left in ${this.#text()}` };
  }

  #claim(asked: string): Outcome {
    if (!this.has(asked)) return { problem: `Error syncing load balancer: ${asked} is not in ${this.#text()}` };
    const address = canonicalIp(asked) ?? asked;
    return this.taken.has(address)
      ? { problem: `Error syncing load balancer: ${asked} is another Service's` }
      : { address };
  }

  #text(): string {
    const { family, first, last } = this.range;
    return `${formatAddress(family, first)}-${formatAddress(family, last)}`;
  }
}

function isBalancer({ spec }: StoredService): boolean {
  return spec?.type === 'LoadBalancer';
}

/** Whether it is this controller that gives the Service its addresses. */
function isServed(service: StoredService): boolean {
  const { spec, metadata } = service;
  return isBalancer(service) && spec?.loadBalancerClass === undefined && metadata.deletionTimestamp === undefined;
}

/** A Service from before there were families is of IPv4. */
function isOf({ spec }: StoredService, family: IpFamily): boolean {
  return (spec?.ipFamilies ?? ['IPv4']).includes(family);
}

function keepsWithoutReason(service: StoredService): boolean {
  return !isBalancer(service) && (service.status?.loadBalancer?.ingress ?? []).length > 0;
}

function addressesOf({ status }: StoredService): string[] {
  return (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []);
}

function byAge(a: StoredService, b: StoredService): number {
  return ageOf(a) < ageOf(b) ? -1 : 1;
}

function ageOf({ metadata: { creationTimestamp, namespace = '', name } }: StoredService): string {
  return `${creationTimestamp} ${namespace}/${name}`;
}

/** In the version that was decided on: its type may be another by now. */
function writeAddresses(service: StoredService, ips: readonly string[]): PlannedCommand {
  const ingress = ips.length === 0 ? null : ips.map((ip) => ({ ip, ipMode: 'VIP' }));
  return statusPatchOf('services', service, { loadBalancer: { ingress } }, { patchType: 'merge', asSeen: true });
}

function noteOf({ metadata }: StoredService, type: Note['type'], reason: string, message: string): Note {
  const { namespace = '', name, uid } = metadata;
  return {
    type,
    reason,
    message,
    component: 'service-controller',
    host: '',
    about: { resource: 'services', namespace, name, uid },
  };
}
