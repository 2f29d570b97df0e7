import type { PodIP, PodStatus } from '@shiplog/contracts';
import { ipAddress, isIpv6, parseIp, type Problems } from '@shiplog/apimachinery';

/**
 * The addresses that a pod's status names must be addresses: endpoints are made of them, and one that is none would have
 * all endpoints of its Services refused. A pod's first address is of IPv4, the primary family of every cluster.
 */
export function validatePodStatus({ podIP, podIPs, hostIP, hostIPs }: PodStatus, problems: Problems): void {
  for (const [at, first, all] of [
    ['status.podIPs', podIP, podIPs],
    ['status.hostIPs', hostIP, hostIPs],
  ] as const) {
    validateAddresses(all ?? [], at, problems);
    if (first !== undefined && first !== all?.[0]?.ip) validateIp(first, `${at}[0]`, problems);
  }
  for (const ip of new Set([podIP ?? '', podIPs?.[0]?.ip ?? ''])) {
    if (isIpv6(ip)) problems.invalid('status.podIPs', ip, 'must be an IPv4 address, (e.g. 10.9.8.7)');
  }
}

/** Addresses of one thing: one of a family (validatePodIPs and validateHostIPs in Kubernetes). */
function validateAddresses(ips: readonly PodIP[], at: string, problems: Problems): void {
  ips.forEach(({ ip }, i) => validateIp(ip, `${at}[${i}]`, problems));
  if (ips.length < 2) return;
  const [first, second] = ips.map(({ ip }) => (parseIp(ip) === undefined ? 6 : 4));
  if (ips.length > 2 || first === second) {
    problems.invalid(at, ips, 'may specify no more than one IP for each IP family');
  }
  const seen = new Set<string>();
  ips.forEach(({ ip }, i) => {
    if (seen.has(ip)) problems.duplicate(`${at}[${i}]`, { ip });
    seen.add(ip);
  });
}

function validateIp(ip: string, at: string, problems: Problems): void {
  problems.breaches(at, ip, ipAddress);
}
