import type { ObjectOf } from '@shiplog/contracts';
import {
  formatNetwork,
  hashText,
  indexInNetwork,
  type Network,
  networkSize,
  nthAddress,
  type Problems,
} from '@shiplog/apimachinery';
import type { AdmissionContext } from '../context';
import type { Draft } from '../kinds/kind';
import { type AddressKey, addressKey, holderKey } from './allocations';
import { probe } from './probe';
import { serviceRange } from './ranges';
import { isHeadless } from './reach';

const AT = 'spec.clusterIPs';
/** What of an IPv6 range is used, however large it is: no service's address is looked for among more. */
const MOST_ADDRESSES = 2 ** 20;

/**
 * Gives the service a ClusterIP of each of its families, or makes sure that those it asks for can be had. What it had before it keeps,
 * whatever range the cluster has by now. As Kubernetes' allocClusterIPs and updateClusterIPs.
 */
export function allocateAddresses(
  draft: Draft<'services'>,
  before: ObjectOf<'services'> | undefined,
  problems: Problems,
  ctx: AdmissionContext,
): void {
  const { spec } = draft;
  if (spec === undefined || spec.type === 'ExternalName' || isHeadless(spec)) return;
  const allocations = ctx.state.allocations();
  const self = holderKey(draft);
  const isTaken = (address: AddressKey): boolean => allocations.holdsAddress(address, self);
  const held = before?.spec?.clusterIPs ?? [];
  const addresses: string[] = [];
  for (const [i, family] of (spec.ipFamilies ?? []).entries()) {
    const range = serviceRange(ctx, family);
    const asked = spec.clusterIPs?.[i];
    if (asked !== undefined && held.includes(asked)) addresses.push(asked);
    else if (range !== undefined) {
      const outcome = asked === undefined ? free(range, isTaken, ctx.seed) : claim(asked, range, isTaken);
      if ('problem' in outcome) problems.invalid(AT, spec.clusterIPs ?? [], outcome.problem);
      else addresses.push(outcome.address);
    }
  }
  if (!problems.none || addresses.length === 0) return;
  spec.clusterIP = addresses[0];
  spec.clusterIPs = addresses;
}

type Outcome = { readonly address: string } | { readonly problem: string };
type IsTaken = (address: AddressKey) => boolean;

function claim(address: string, range: Network, isTaken: IsTaken): Outcome {
  const failed = `failed to allocate IP ${address}`;
  if (indexInNetwork(range, address) === undefined) {
    const valid = `The range of valid IPs is ${formatNetwork(range)}`;
    return { problem: `${failed}: the provided IP (${address}) is not in the valid range. ${valid}` };
  }
  const key = addressKey(address);
  return key === undefined || isTaken(key) ? { problem: `${failed}: provided IP is already allocated` } : { address };
}

/**
 * Addresses that are given away on their own start above a band at the range's beginning, which stays for addresses that
 * people choose (as in Kubernetes: a sixteenth of the range, at least 16 and at most 256).
 */
function reservedBand(size: number): number {
  return size > 32 ? Math.min(Math.max(16, Math.floor(size / 16)), 256) : 1;
}

function free(range: Network, isTaken: IsTaken, seed: string): Outcome {
  const size = Number(networkSize(range));
  // Neither the network's address nor, of IPv4, the broadcast address.
  const end = range.family === 4 ? size - 1 : Math.min(size, MOST_ADDRESSES);
  const base = range.family === 4 ? Number(range.base) : range.base;
  const keyAt = (index: number): AddressKey => (typeof base === 'number' ? base + index : base + BigInt(index));
  const isTakenAt = (index: number): boolean => isTaken(keyAt(index));
  const band = reservedBand(size);
  const start = hashText(`address/${seed}`);
  const index = probe(band, end - band, start, isTakenAt) ?? probe(1, band - 1, start, isTakenAt);
  const address = index === undefined ? undefined : nthAddress(range, BigInt(index));
  return address === undefined ? { problem: 'failed to allocate a serviceIP: range is full' } : { address };
}
