import { familiesOf, type IpFamily, type Network, networkOf, parseIpRanges } from '@shiplog/apimachinery';
import type { AdmissionContext } from '../context';

/** The families that the cluster's services may have, the primary one first. */
export function serviceFamilies(ctx: AdmissionContext): readonly IpFamily[] {
  const ranges = parseIpRanges(ctx.settings.serviceCidr);
  return ranges instanceof Error ? ['IPv4'] : familiesOf(ranges);
}

/** Where services get their addresses of a family; undefined when the cluster has none of it. */
export function serviceRange(ctx: AdmissionContext, family: string): Network | undefined {
  const ranges = parseIpRanges(ctx.settings.serviceCidr);
  if (ranges instanceof Error) return undefined;
  return family === 'IPv6' ? ranges.v6 : networkOf(ranges.v4);
}
