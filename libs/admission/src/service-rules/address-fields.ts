import type { ServiceSpec } from '@shiplog/contracts';
import { ipAddress, ipFamilyOf, type Problems } from '@shiplog/apimachinery';
import { isHeadless } from './reach';

const FAMILIES = ['IPv4', 'IPv6'];
const FAMILY_POLICIES = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];
const AT = 'spec.clusterIPs';

/** What a service says of its own addresses and their families, each by itself (ValidateServiceClusterIPsRelatedFields). */
export function validateAddressFields(spec: ServiceSpec, problems: Problems): void {
  const { clusterIP, clusterIPs = [], ipFamilies = [], type } = spec;
  if (clusterIP === undefined) {
    if (clusterIPs.length > 0) problems.invalid(AT, clusterIPs, 'must be empty when `clusterIP` is not specified');
  } else if (clusterIPs[0] !== clusterIP) problems.invalid(AT, clusterIPs, 'first value must match `clusterIP`');
  const seen = new Set<string>();
  ipFamilies.forEach((family, i) => {
    problems.unlessOneOf(`spec.ipFamilies[${i}]`, family, FAMILIES);
    if (seen.has(family)) problems.duplicate(`spec.ipFamilies[${i}]`, family);
    seen.add(family);
  });
  problems.unlessOneOf('spec.ipFamilyPolicy', spec.ipFamilyPolicy, FAMILY_POLICIES);
  if (isHeadless(spec) && type !== 'ClusterIP') {
    problems.invalid(`${AT}[0]`, 'None', `may not be set to 'None' for ${type} services`);
  }
  if (areAddresses(clusterIPs, problems)) validatePair(spec, problems);
}

/** Whether all of them are; what is not would only give rise to more complaints. */
function areAddresses(clusterIPs: readonly string[], problems: Problems): boolean {
  const soFar = problems.causes.length;
  clusterIPs.forEach((ip, i) => {
    if (i > 0 || ip !== 'None') problems.breaches(`${AT}[${i}]`, ip, ipAddress);
    else if (clusterIPs.length > 1) problems.invalid(AT, clusterIPs, "'None' must be the first and only value");
  });
  const isSound = problems.causes.length === soFar;
  if (clusterIPs.length > 2) problems.invalid(AT, clusterIPs, 'may only hold up to 2 values');
  return isSound;
}

/** One address of a family, each of the family that is said beside it. */
function validatePair(spec: ServiceSpec, problems: Problems): void {
  const { clusterIPs = [], ipFamilies = [] } = spec;
  const families = clusterIPs.map(ipFamilyOf);
  if (families.length > 1 && new Set(families).size < 2) {
    problems.invalid(AT, clusterIPs, 'may specify no more than one IP for each IP family');
  }
  if (isHeadless(spec)) return;
  clusterIPs.forEach((ip, i) => {
    const said = ipFamilies[i];
    if (said === undefined || !FAMILIES.includes(said) || said === families[i]) return;
    problems.invalid(`${AT}[${i}]`, ip, `expected an ${said} value as indicated by \`ipFamilies[${i}]\``);
  });
}
