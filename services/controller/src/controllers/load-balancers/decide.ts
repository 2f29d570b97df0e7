import type { ObjectOf } from '@shiplog/contracts';
import { formatIp, parseIp } from '@shiplog/apimachinery';
import { statusPatchOf } from '@shiplog/kube';
import type { Note, PlannedCommand, ReconcileResult } from '../../runtime/domain/controller';

type StoredService = ObjectOf<'services'>;

/** Addresses that load balancers may get, as numbers, both ends included. */
export interface AddressRange {
  readonly first: number;
  readonly last: number;
}

export interface LoadBalancersView {
  readonly services: readonly StoredService[];
  readonly range: AddressRange;
}

/**
 * Gives every Service of type LoadBalancer an address of the range that no other has: the one it asks for, else the lowest
 * that is free, the older Service first. A Service that is no load balancer any more gives its address back. Those of
 * another class are another controller's, and an address that someone else wrote stays.
 */
export function decideLoadBalancers({ services, range }: LoadBalancersView): ReconcileResult {
  const commands: PlannedCommand[] = [];
  const notes: Note[] = [];
  const taken = new Set(services.filter(isBalancer).flatMap((service) => addressesOf(service)));
  for (const service of services) if (keepsWithoutReason(service)) commands.push(writeAddress(service, undefined));
  let lowest = range.first;
  for (const service of services.filter(isWaiting).sort(byAge)) {
    const asked = service.spec?.loadBalancerIP ?? '';
    while (lowest <= range.last && taken.has(formatIp(lowest))) lowest += 1;
    const outcome = asked === '' ? free(lowest, range) : claim(asked, range, taken);
    if ('problem' in outcome) {
      notes.push(noteOf(service, 'Warning', 'SyncLoadBalancerFailed', outcome.problem));
      continue;
    }
    taken.add(outcome.address);
    commands.push(writeAddress(service, outcome.address));
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
    ingress: status?.loadBalancer?.ingress,
    leaving: metadata.deletionTimestamp !== undefined,
  };
}

/** Whether the decision looks at a Service at all. */
export function concernsBalancers(service: StoredService): boolean {
  return isBalancer(service) || addressesOf(service).length > 0;
}

type Outcome = { readonly address: string } | { readonly problem: string };

function free(lowest: number, { first, last }: AddressRange): Outcome {
  if (lowest <= last) return { address: formatIp(lowest) };
  return { problem: `Error syncing load balancer: no address is left in ${formatIp(first)}-${formatIp(last)}` };
}

function claim(asked: string, { first, last }: AddressRange, taken: ReadonlySet<string>): Outcome {
  const number = parseIp(asked);
  if (number === undefined || number < first || number > last) {
    return { problem: `Error syncing load balancer: ${asked} is not in ${formatIp(first)}-${formatIp(last)}` };
  }
  return taken.has(asked)
    ? { problem: `Error syncing load balancer: ${asked} is another Service's` }
    : { address: asked };
}

function isBalancer({ spec }: StoredService): boolean {
  return spec?.type === 'LoadBalancer';
}

function isWaiting(service: StoredService): boolean {
  const { spec, status, metadata } = service;
  return (
    isBalancer(service) &&
    spec?.loadBalancerClass === undefined &&
    metadata.deletionTimestamp === undefined &&
    (status?.loadBalancer?.ingress ?? []).length === 0
  );
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
function writeAddress(service: StoredService, ip: string | undefined): PlannedCommand {
  const ingress = ip === undefined ? null : [{ ip, ipMode: 'VIP' }];
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
