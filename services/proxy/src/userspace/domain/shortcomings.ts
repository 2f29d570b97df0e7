import type { ServicePort } from '../../domain/service-port';

/** Services named in one sentence at most; more are counted. */
const MOST_NAMED = 5;

/** What services ask for that sockets of a process can't give, a sentence each. */
export function shortcomings(ports: readonly ServicePort[]): string[] {
  return [
    sentence(
      'external and load balancer addresses are not served',
      ports.filter(({ externalIPs }) => externalIPs.length > 0),
    ),
    sentence(
      'SCTP is not served',
      ports.filter(({ protocol }) => protocol === 'sctp'),
    ),
    sentence(
      'backends see this node for their client, also under externalTrafficPolicy Local',
      ports.filter(({ outside, nodePort }) => outside !== undefined && nodePort !== undefined),
    ),
  ].filter((text) => text !== '');
}

function sentence(text: string, ports: readonly ServicePort[]): string {
  const services = [...new Set(ports.map(({ key }) => key.slice(0, key.lastIndexOf(':'))))].sort();
  if (services.length === 0) return '';
  const named = services.slice(0, MOST_NAMED).join(', ');
  const others = services.length - MOST_NAMED;
  return `${text}: ${named}${others > 0 ? ` and ${others} more` : ''}`;
}
