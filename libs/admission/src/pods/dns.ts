import type { PodSpec } from '@shiplog/contracts';
import { dnsSubdomain, ipAddress, type Problems } from '@shiplog/apimachinery';

/** What the resolver in a container can take (glibc's bounds, as Kubernetes has them). */
const MAX_NAMESERVERS = 3;
const MAX_SEARCHES = 32;
const MAX_SEARCH_CHARACTERS = 2048;

/** Kubernetes' rules for how names are looked up in a pod: its resolver's settings and its hosts file. */
export function validateDns(spec: PodSpec, at: string, problems: Problems): void {
  const here = `${at}.dnsConfig`;
  if (spec.dnsPolicy === 'None') {
    if (spec.dnsConfig === undefined) problems.required(here, 'must provide `dnsConfig` when `dnsPolicy` is None');
    else if (spec.dnsConfig.nameservers === undefined) {
      const rule = 'must provide at least one DNS nameserver when `dnsPolicy` is None';
      problems.required(`${here}.nameservers`, rule);
    }
  }
  const { nameservers = [], searches = [], options = [] } = spec.dnsConfig ?? {};
  if (nameservers.length > MAX_NAMESERVERS) {
    problems.invalid(`${here}.nameservers`, nameservers, `must not have more than ${MAX_NAMESERVERS} nameservers`);
  }
  nameservers.forEach((ip, i) => problems.breaches(`${here}.nameservers[${i}]`, ip, ipAddress));
  validateSearches(searches, `${here}.searches`, problems);
  options.forEach(({ name }, i) => {
    if (name === undefined) problems.required(`${here}.options[${i}]`, 'must not be empty');
  });
  spec.hostAliases?.forEach(({ ip, hostnames }, i) => {
    const alias = `${at}.hostAliases[${i}]`;
    problems.breaches(`${alias}.ip`, ip, ipAddress);
    hostnames?.forEach((name, n) => problems.breaches(`${alias}.hostnames[${n}]`, name, dnsSubdomain));
  });
}

function validateSearches(searches: readonly string[], at: string, problems: Problems): void {
  if (searches.length > MAX_SEARCHES) {
    problems.invalid(at, searches, `must not have more than ${MAX_SEARCHES} search paths`);
  }
  if (searches.join(' ').length > MAX_SEARCH_CHARACTERS) {
    const rule = `must not have more than ${MAX_SEARCH_CHARACTERS} characters (including spaces) in the search list`;
    problems.invalid(at, searches, rule);
  }
  searches.forEach((search, i) => problems.breaches(`${at}[${i}]`, search.replace(/\.$/, ''), dnsSubdomain));
}
