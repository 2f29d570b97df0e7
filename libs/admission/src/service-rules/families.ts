import type { ServiceSpec } from '@shiplog/contracts';
import { type IpFamily, ipFamilyOf, Problems, sameJson } from '@shiplog/apimachinery';
import { validateAddressFields } from './address-fields';
import { isHeadless } from './reach';

const OTHER: Readonly<Record<string, IpFamily>> = { IPv4: 'IPv6', IPv6: 'IPv4' };

/**
 * Which families a service that doesn't say gets, where they are fields of one another: the policy, the families and the addresses.
 * What can't be made sense of stays as it is, and `checkFamilies` says so. As initIPFamilyFields in
 * pkg/registry/core/service/storage/alloc.go. Idempotent. `families` are those of the cluster, the primary one first.
 */
export function fillFamilies(spec: ServiceSpec, before: ServiceSpec | undefined, families: readonly IpFamily[]): void {
  if (spec.type === 'ExternalName' || keepsPreference(spec, before)) return;
  spec.ipFamilyPolicy ??= before?.ipFamilyPolicy ?? defaultPolicy(spec);
  const malformed = new Problems();
  validateAddressFields(spec, malformed);
  const inferred = malformed.none ? inferFamilies(spec, before, families) : undefined;
  if (inferred === undefined || inferred instanceof Breach) return;
  spec.ipFamilies = inferred.families;
  if (spec.clusterIPs !== undefined) spec.clusterIPs = inferred.clusterIPs;
}

/** What keeps `fillFamilies` from saying a service's families, in Kubernetes' words. */
export function checkFamilies(
  spec: ServiceSpec,
  before: ServiceSpec | undefined,
  families: readonly IpFamily[],
  problems: Problems,
): void {
  const soFar = problems.causes.length;
  validateAddressFields(spec, problems);
  if (problems.causes.length > soFar || keepsPreference(spec, before)) return;
  const inferred = inferFamilies(spec, before, families);
  if (!(inferred instanceof Breach)) return;
  for (const { at, value, rule } of inferred.found) problems.invalid(at, value, rule);
}

interface Found {
  readonly at: string;
  readonly value: unknown;
  readonly rule: string;
}

class Breach {
  constructor(readonly found: readonly Found[]) {}
}

/**
 * A service that would have both families but has one stays so when the cluster gets another, until someone asks for more: its owner may
 * not be ready for a second address (isMatchingPreferDualStackClusterIPFields).
 */
function keepsPreference(spec: ServiceSpec, before: ServiceSpec | undefined): boolean {
  if (before === undefined || spec.ipFamilyPolicy !== 'PreferDualStack' || spec.type !== before.type) return false;
  const { ipFamilyPolicy = 'PreferDualStack' } = before;
  return ipFamilyPolicy === 'PreferDualStack' && sameAddresses(spec, before) && sameFamilies(spec, before);
}

/** Backends that the cluster knows nothing of may have any address. */
const isElsewhere = (spec: ServiceSpec): boolean => isHeadless(spec) && Object.keys(spec.selector ?? {}).length === 0;
const defaultPolicy = (spec: ServiceSpec): string => (isElsewhere(spec) ? 'RequireDualStack' : 'SingleStack');

const sameAddresses = (a: ServiceSpec, b: ServiceSpec): boolean => sameJson(a.clusterIPs ?? [], b.clusterIPs ?? []);
const sameFamilies = (a: ServiceSpec, b: ServiceSpec): boolean => sameJson(a.ipFamilies ?? [], b.ipFamilies ?? []);

interface Inferred {
  readonly families: string[];
  readonly clusterIPs: string[];
}

function inferFamilies(
  spec: ServiceSpec,
  before: ServiceSpec | undefined,
  configured: readonly IpFamily[],
): Inferred | Breach {
  const given = afterDowngrade(spec, before);
  const found = [...wrongReductions(spec, before), ...wrongForOne(spec, given)];
  const families = [...given.families];
  given.clusterIPs.forEach((ip, i) => {
    const family = ipFamilyOf(ip);
    if (family === undefined || i < families.length) return;
    if (configured.includes(family)) families.push(family);
    else {
      const value = spec.clusterIPs;
      found.push({ at: `spec.clusterIPs[${i}]`, value, rule: `${family} is not configured on this cluster` });
    }
  });
  if (found.length === 0 && !isElsewhere(spec)) found.push(...wrongForCluster(spec, families, configured));
  if (found.length > 0) return new Breach(found);
  if (families.length === 0) families.push(configured[0] ?? 'IPv4');
  const hasBoth = configured.length === 2 || isElsewhere(spec);
  if (families.length === 1 && spec.ipFamilyPolicy !== 'SingleStack' && hasBoth) {
    families.push(OTHER[families[0] ?? ''] ?? 'IPv6');
  }
  return { families, clusterIPs: given.clusterIPs };
}

/** A policy of one family alone is clear intent, when the rest is sent back as it was read. */
function afterDowngrade(spec: ServiceSpec, before: ServiceSpec | undefined): Inferred {
  const { ipFamilies = [], clusterIPs = [] } = spec;
  if (before === undefined || spec.ipFamilyPolicy !== 'SingleStack') return { families: ipFamilies, clusterIPs };
  return {
    families: sameFamilies(spec, before) ? ipFamilies.slice(0, 1) : ipFamilies,
    clusterIPs: sameAddresses(spec, before) ? clusterIPs.slice(0, 1) : clusterIPs,
  };
}

const POLICY = 'spec.ipFamilyPolicy';

/** Under another policy nobody loses a family by leaving it out. */
function wrongReductions({ ipFamilyPolicy, ...spec }: ServiceSpec, before: ServiceSpec | undefined): Found[] {
  if (before === undefined || ipFamilyPolicy === 'SingleStack') return [];
  const isReduced = (field: 'clusterIPs' | 'ipFamilies'): boolean => {
    const now = spec[field]?.length ?? 0;
    return now > 0 && now < (before[field]?.length ?? 0);
  };
  const rule = (what: string): Found => ({
    at: POLICY,
    value: ipFamilyPolicy,
    rule: `must be 'SingleStack' to release the secondary ${what}`,
  });
  return [
    ...(isReduced('clusterIPs') ? [rule('cluster IP')] : []),
    ...(isReduced('ipFamilies') ? [rule('IP family')] : []),
  ];
}

function wrongForOne({ ipFamilyPolicy: value }: ServiceSpec, { families, clusterIPs }: Inferred): Found[] {
  if (value !== 'SingleStack') return [];
  const rule = (what: string): Found => ({
    at: POLICY,
    value,
    rule: `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`,
  });
  return [
    ...(clusterIPs.length === 2 ? [rule('cluster IPs')] : []),
    ...(families.length === 2 ? [rule('IP families')] : []),
  ];
}

function wrongForCluster(
  { ipFamilyPolicy: value }: ServiceSpec,
  families: readonly string[],
  configured: readonly string[],
): Found[] {
  const found: Found[] = [];
  if (value === 'RequireDualStack' && configured.length < 2) {
    found.push({ at: POLICY, value, rule: 'this cluster is not configured for dual-stack services' });
  }
  families.forEach((family, i) => {
    if (configured.includes(family)) return;
    found.push({ at: `spec.ipFamilies[${i}]`, value: family, rule: 'not configured on this cluster' });
  });
  return found;
}
