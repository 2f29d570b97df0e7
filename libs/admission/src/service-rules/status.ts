import type { LoadBalancerIngress } from '@shiplog/contracts';
import { dnsSubdomain, ipAddress, isIp, type Problems } from '@shiplog/apimachinery';
import type { Draft } from '../kinds/kind';

const MODES = ['Proxy', 'VIP'];
const INGRESS = 'status.loadBalancer.ingress';

/** Kubernetes' default of a balancer's address: packets come with it as their destination. */
export function defaultServiceStatus({ spec, status }: Draft<'services'>): void {
  if (spec?.type !== 'LoadBalancer') return;
  for (const ingress of status?.loadBalancer?.ingress ?? []) if (ingress.ip !== undefined) ingress.ipMode ??= 'VIP';
}

/** Kubernetes' ValidateLoadBalancerStatus. */
export function validateServiceStatus({ spec, status }: Draft<'services'>, problems: Problems): void {
  const ingresses = status?.loadBalancer?.ingress ?? [];
  if (spec?.type !== 'LoadBalancer' && ingresses.length > 0) {
    problems.forbidden(INGRESS, "may only be used when `spec.type` is 'LoadBalancer'");
  } else ingresses.forEach((ingress, i) => validateIngress(ingress, `${INGRESS}[${i}]`, problems));
}

function validateIngress({ ip, ipMode, hostname }: LoadBalancerIngress, at: string, problems: Problems): void {
  if (ip !== undefined) problems.breaches(`${at}.ip`, ip, ipAddress);
  if (ipMode !== undefined && ip === undefined) {
    problems.forbidden(`${at}.ipMode`, 'may not be specified when `ip` is not set');
  } else problems.unlessOneOf(`${at}.ipMode`, ipMode, MODES);
  if (hostname === undefined) return;
  problems.breaches(`${at}.hostname`, hostname, dnsSubdomain);
  if (isIp(hostname)) problems.invalid(`${at}.hostname`, hostname, 'must be a DNS name, not an IP address');
}
