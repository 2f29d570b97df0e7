import { backendAddress, dnsSubdomain, portName, portNumber, type TextRule } from '../values/names';
import { parseIp, parseIpv6 } from '../values/net';
import { defineKind } from './kind';

const ADDRESS_TYPES = ['IPv4', 'IPv6', 'FQDN'];
const ADDRESS_RULES: ReadonlyMap<string, TextRule> = new Map([
  ['IPv4', (text) => (parseIp(text) === undefined ? ['must be an IPv4 address'] : backendAddress(text))],
  ['IPv6', (text) => (parseIpv6(text) === undefined ? ['must be an IPv6 address'] : backendAddress(text))],
]);
const PROTOCOLS = ['TCP', 'UDP', 'SCTP'];
const MAX_ENDPOINTS = 1000;
const MAX_ADDRESSES = 100;
const MAX_PORTS = 20_000;

export const endpointSlices = defineKind<'endpointslices.discovery.k8s.io'>({
  resource: 'endpointslices.discovery.k8s.io',
  name: dnsSubdomain,
  generation: 'content',
  defaults(draft) {
    draft.endpoints ??= [];
    for (const port of draft.ports ?? []) {
      port.name ??= '';
      port.protocol ??= 'TCP';
    }
  },
  validate(draft, problems) {
    if (draft.addressType === undefined || draft.addressType === '') problems.required('addressType');
    else if (!ADDRESS_TYPES.includes(draft.addressType))
      problems.notSupported('addressType', draft.addressType, ADDRESS_TYPES);
    const endpoints = draft.endpoints ?? [];
    if (endpoints.length > MAX_ENDPOINTS) problems.tooMany('endpoints', endpoints.length, MAX_ENDPOINTS);
    endpoints.forEach((endpoint, i) => {
      const addresses = endpoint.addresses ?? [];
      if (addresses.length === 0) problems.required(`endpoints[${i}].addresses`, 'must contain at least 1 address');
      if (addresses.length > MAX_ADDRESSES)
        problems.tooMany(`endpoints[${i}].addresses`, addresses.length, MAX_ADDRESSES);
      const rule = ADDRESS_RULES.get(draft.addressType ?? '') ?? dnsSubdomain;
      addresses.forEach((address, n) => {
        for (const wrong of rule(address)) problems.invalid(`endpoints[${i}].addresses[${n}]`, address, wrong);
      });
    });
    const names = new Set<string>();
    const ports = draft.ports ?? [];
    if (ports.length > MAX_PORTS) problems.tooMany('ports', ports.length, MAX_PORTS);
    ports.forEach((port, i) => {
      const name = port.name ?? '';
      if (names.has(name)) problems.duplicate(`ports[${i}].name`, name);
      names.add(name);
      if (name !== '') for (const wrong of portName(name)) problems.invalid(`ports[${i}].name`, name, wrong);
      if (port.port !== undefined)
        for (const wrong of portNumber(port.port)) problems.invalid(`ports[${i}].port`, port.port, wrong);
      if (port.protocol !== undefined && !PROTOCOLS.includes(port.protocol)) {
        problems.notSupported(`ports[${i}].protocol`, port.protocol, PROTOCOLS);
      }
    });
  },
  validateUpdate(draft, before, problems) {
    if (draft.addressType !== before.addressType)
      problems.invalid('addressType', draft.addressType, 'field is immutable');
  },
});
