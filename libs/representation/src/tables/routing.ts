import type { Ingress, IngressClass, IngressRule, IPAddress, NetworkPolicy, ServiceCIDR } from '@shiplog/contracts';
import { formatSelector } from '@shiplog/apimachinery';
import { ageOf } from '../duration';
import { AGE, NAME, NONE, text, type Printer } from './column';

export const ingressPrinter: Printer<Ingress> = {
  columns: [
    NAME,
    text('Class', 'The class that sees to it.'),
    text('Hosts', 'The hosts that it is about.'),
    text('Address', 'Where it is reached.'),
    text('Ports', 'The ports there.'),
    AGE,
  ],
  cells({ metadata, spec = {}, status }, now) {
    const addresses = (status?.loadBalancer?.ingress ?? []).map(({ ip = '', hostname = '' }) => ip || hostname);
    return [
      metadata.name ?? '',
      spec.ingressClassName ?? NONE,
      formatHosts(spec.rules ?? []),
      [...new Set(addresses.filter((address) => address !== ''))].sort().join(','),
      (spec.tls ?? []).length > 0 ? '80, 443' : '80',
      ageOf(metadata.creationTimestamp, now),
    ];
  },
};

/** Three hosts, and how many rules more there are than three: also those without a host are counted. */
function formatHosts(rules: readonly IngressRule[]): string {
  const hosts: string[] = [];
  for (const { host = '' } of rules) {
    if (hosts.length === 3) return `${hosts.join(',')} + ${rules.length - 3} more...`;
    if (host !== '') hosts.push(host);
  }
  return hosts.length === 0 ? '*' : hosts.join(',');
}

export const ingressClassPrinter: Printer<IngressClass> = {
  columns: [
    NAME,
    text('Controller', 'What sees to its ingresses.'),
    text('Parameters', 'Where more is said of it.'),
    AGE,
  ],
  cells({ metadata, spec = {} }, now) {
    const { parameters } = spec;
    const group = parameters?.apiGroup === undefined ? '' : `.${parameters.apiGroup}`;
    return [
      metadata.name ?? '',
      spec.controller ?? '',
      parameters === undefined ? NONE : `${parameters.kind}${group}/${parameters.name}`,
      ageOf(metadata.creationTimestamp, now),
    ];
  },
};

export const networkPolicyPrinter: Printer<NetworkPolicy> = {
  columns: [NAME, text('Pod-Selector', 'The pods that it is about.'), AGE],
  cells: ({ metadata, spec }, now) => [
    metadata.name ?? '',
    formatSelector(spec?.podSelector ?? {}) || NONE,
    ageOf(metadata.creationTimestamp, now),
  ],
};

export const ipAddressPrinter: Printer<IPAddress> = {
  columns: [NAME, text('ParentRef', 'Whose it is.')],
  cells({ metadata, spec }) {
    const { resource = '', group = '', namespace = '', name = '' } = spec?.parentRef ?? {};
    const kind = group === '' ? resource : `${resource}.${group}`;
    return [metadata.name ?? '', [kind, namespace, name].filter((part) => part !== '').join('/')];
  },
};

export const serviceCidrPrinter: Printer<ServiceCIDR> = {
  columns: [NAME, text('CIDRs', 'The networks of the range.'), AGE],
  cells: ({ metadata, spec }, now) => [
    metadata.name ?? '',
    spec?.cidrs?.join(',') ?? '',
    ageOf(metadata.creationTimestamp, now),
  ],
};
