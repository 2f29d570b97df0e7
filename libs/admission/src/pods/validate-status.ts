import type { PodStatus } from '@shiplog/contracts';
import { ipAddress, parseIp, type Problems } from '@shiplog/apimachinery';

/**
 * The addresses that a pod's status names must be addresses: endpoints are made of them, and one that is none would have
 * all endpoints of its Services refused. Pods have IPv4 addresses only.
 */
export function validatePodStatus({ podIP, podIPs, hostIP, hostIPs }: PodStatus, problems: Problems): void {
  if (podIP !== undefined) validatePodIp(podIP, 'status.podIP', problems);
  podIPs?.forEach(({ ip }, i) => validatePodIp(ip ?? '', `status.podIPs[${i}].ip`, problems));
  if (hostIP !== undefined) validateIp(hostIP, 'status.hostIP', problems);
  hostIPs?.forEach(({ ip }, i) => validateIp(ip ?? '', `status.hostIPs[${i}].ip`, problems));
}

function validatePodIp(ip: string, at: string, problems: Problems): void {
  if (ip !== '' && parseIp(ip) === undefined) problems.invalid(at, ip, 'must be an IPv4 address, (e.g. 10.9.8.7)');
}

function validateIp(ip: string, at: string, problems: Problems): void {
  if (ip !== '') for (const wrong of ipAddress(ip)) problems.invalid(at, ip, wrong);
}
