import type { ObjectOf } from '@shiplog/contracts';
import {
  cidrContains,
  dnsSubdomain,
  ipAddress,
  isIpv6,
  parseCidr,
  parseIp,
  type Problems,
} from '@shiplog/apimachinery';
import type { AdmissionContext } from '../context';

type Spec = NonNullable<ObjectOf<'services'>['spec']>;

const FAMILIES = ['IPv4', 'IPv6'];
const FAMILY_POLICIES = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];
const NO_ADDRESS_FIELDS = ['clusterIPs', 'ipFamilies', 'ipFamilyPolicy'] as const;

/** A service that is only another name has no address, and says nothing of one. */
export function validateExternalName(spec: Spec, problems: Problems): void {
  for (const field of NO_ADDRESS_FIELDS) {
    if (spec[field] !== undefined) problems.forbidden(`spec.${field}`, 'may not be set for ExternalName services');
  }
  const name = (spec.externalName ?? '').replace(/\.$/, '');
  if (name === '') problems.required('spec.externalName');
  else for (const wrong of dnsSubdomain(name)) problems.invalid('spec.externalName', spec.externalName, wrong);
}

/** Kubernetes' rules for a service's own addresses and their families, in a cluster that only has IPv4. */
export function validateAddresses(spec: Spec, problems: Problems, ctx: AdmissionContext): void {
  const { ipFamilies = [], ipFamilyPolicy } = spec;
  const seen = new Set<string>();
  ipFamilies.forEach((family, i) => {
    problems.unlessOneOf(`spec.ipFamilies[${i}]`, family, FAMILIES);
    if (seen.has(family)) problems.duplicate(`spec.ipFamilies[${i}]`, family);
    seen.add(family);
  });
  problems.unlessOneOf('spec.ipFamilyPolicy', ipFamilyPolicy, FAMILY_POLICIES);
  const soFar = problems.causes.length;
  validateClusterIps(spec, problems, ctx);
  const wellFormed = ipFamilies.every((family) => FAMILIES.includes(family)) && problems.causes.length === soFar;
  if (wellFormed) validateFamilies(spec, problems);
}

/** A service without a selector and an address may have backends that the cluster knows nothing of. */
function validateFamilies({ ipFamilies = [], ipFamilyPolicy, ...spec }: Spec, problems: Problems): void {
  if (ipFamilyPolicy === 'SingleStack' && ipFamilies.length === 2) {
    const rule = "must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified";
    problems.invalid('spec.ipFamilyPolicy', ipFamilyPolicy, rule);
  }
  if (spec.clusterIP === 'None' && spec.selector === undefined) return;
  if (ipFamilyPolicy === 'RequireDualStack') {
    const rule = 'this cluster is not configured for dual-stack services';
    problems.invalid('spec.ipFamilyPolicy', ipFamilyPolicy, rule);
  }
  ipFamilies.forEach((family, i) => {
    if (family === 'IPv4') return;
    problems.invalid(`spec.ipFamilies[${i}]`, family, 'not configured on this cluster');
  });
}

function validateClusterIps(spec: Spec, problems: Problems, ctx: AdmissionContext): void {
  const { clusterIP, clusterIPs = [], type } = spec;
  const at = 'spec.clusterIPs';
  if (clusterIP === undefined) {
    if (clusterIPs.length > 0) problems.invalid(at, clusterIPs, 'must be empty when `clusterIP` is not specified');
    return;
  }
  if (clusterIPs[0] !== clusterIP) problems.invalid(at, clusterIPs, 'first value must match `clusterIP`');
  if (clusterIP === 'None') {
    if (clusterIPs.length > 1) problems.invalid(at, clusterIPs, "'None' must be the first and only value");
    if (type !== 'ClusterIP') problems.invalid(`${at}[0]`, 'None', `may not be set to 'None' for ${type} services`);
    return;
  }
  const wrong = ipAddress(clusterIP);
  for (const detail of wrong) problems.invalid(`${at}[0]`, clusterIP, detail);
  if (isIpv6(clusterIP)) problems.invalid(`${at}[0]`, clusterIPs, 'IPv6 is not configured on this cluster');
  if (clusterIPs.length > 2) problems.invalid(at, clusterIPs, 'may only hold up to 2 values');
  else if (clusterIPs[1] !== undefined) validateSecondIp(clusterIPs[1], clusterIPs, `${at}[1]`, problems);
  const address = parseIp(clusterIP);
  const range = parseCidr(ctx.settings.serviceCidr);
  if (address === undefined || range === undefined || cidrContains(range, address)) return;
  problems.invalid(
    at,
    clusterIPs,
    `failed to allocate IP ${clusterIP}: the provided IP (${clusterIP}) is not in the valid range. The range of valid IPs is ${ctx.settings.serviceCidr}`,
  );
}

/** Beside an IPv4 address there could only be one of the other family, and this cluster has none. */
function validateSecondIp(ip: string, clusterIPs: readonly string[], at: string, problems: Problems): void {
  const wrong = ipAddress(ip);
  for (const detail of wrong) problems.invalid(at, ip, detail);
  if (wrong.length > 0) return;
  if (parseIp(ip) === undefined) problems.invalid(at, clusterIPs, 'IPv6 is not configured on this cluster');
  else problems.invalid('spec.clusterIPs', clusterIPs, 'may specify no more than one IP for each IP family');
}
