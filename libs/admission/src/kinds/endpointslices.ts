import type { Endpoint, EndpointSlicePort } from '@shiplog/contracts';
import {
  backendAddress,
  dnsLabel,
  dnsSubdomain,
  labelValue,
  parseIp,
  parseIpv6,
  portNumber,
  type Problems,
  qualifiedName,
  sameJson,
  type TextRule,
} from '@shiplog/apimachinery';
import { defineKind } from './kind';

const ADDRESS_TYPES = ['IPv4', 'IPv6', 'FQDN'];
const ADDRESS_RULES: ReadonlyMap<string, TextRule> = new Map([
  ['IPv4', (text) => (parseIp(text) === undefined ? ['must be an IPv4 address'] : backendAddress(text))],
  ['IPv6', (text) => (parseIpv6(text) === undefined ? ['must be an IPv6 address'] : backendAddress(text))],
  ['FQDN', qualifiedDomain],
]);
const PROTOCOLS = ['TCP', 'UDP', 'SCTP'];
const MAX_ENDPOINTS = 1000;
const MAX_ADDRESSES = 100;
const MAX_PORTS = 20_000;
const MAX_ZONE_HINTS = 8;

function qualifiedDomain(name: string): readonly string[] {
  const wrong = dnsSubdomain(name);
  if (wrong.length > 0 || name.includes('.')) return wrong;
  return ['should be a domain with at least two segments separated by dots'];
}

function validateEndpoint(endpoint: Endpoint, rule: TextRule, at: string, problems: Problems): void {
  const { addresses, hostname, nodeName, hints } = endpoint;
  if (addresses.length === 0) problems.required(`${at}.addresses`, 'must contain at least 1 address');
  if (addresses.length > MAX_ADDRESSES) problems.tooMany(`${at}.addresses`, addresses.length, MAX_ADDRESSES);
  addresses.forEach((address, i) => problems.breaches(`${at}.addresses[${i}]`, address, rule));
  if (hostname !== undefined) problems.breaches(`${at}.hostname`, hostname, dnsLabel);
  if (nodeName !== undefined) problems.breaches(`${at}.nodeName`, nodeName, dnsSubdomain);
  validateZones(hints?.forZones ?? [], `${at}.hints.forZones`, problems);
}

function validateZones(zones: readonly { name: string }[], at: string, problems: Problems): void {
  if (zones.length > MAX_ZONE_HINTS) {
    problems.tooMany(at, zones.length, MAX_ZONE_HINTS);
    return;
  }
  const seen = new Set<string>();
  zones.forEach(({ name }, i) => {
    if (seen.has(name)) problems.duplicate(`${at}[${i}].name`, name);
    seen.add(name);
    problems.breaches(`${at}[${i}].name`, name, labelValue);
  });
}

function validatePorts(ports: readonly EndpointSlicePort[], problems: Problems): void {
  if (ports.length > MAX_PORTS) problems.tooMany('ports', ports.length, MAX_PORTS);
  const names = new Set<string>();
  ports.forEach(({ name = '', port, protocol, appProtocol }, i) => {
    const at = `ports[${i}]`;
    if (names.has(name)) problems.duplicate(`${at}.name`, name);
    names.add(name);
    if (name !== '') problems.breaches(`${at}.name`, name, dnsLabel);
    if (port !== undefined) for (const wrong of portNumber(port)) problems.invalid(`${at}.port`, port, wrong);
    problems.unlessOneOf(`${at}.protocol`, protocol, PROTOCOLS);
    if (appProtocol !== undefined) problems.breaches(`${at}.appProtocol`, appProtocol, qualifiedName);
  });
}

/** Version 1 of the API has other fields for it: what a client still sends there is forgotten. */
function dropTopology(endpoints: readonly Endpoint[] | undefined): void {
  for (const endpoint of endpoints ?? []) delete endpoint.deprecatedTopology;
}

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
  prepareCreate(draft) {
    dropTopology(draft.endpoints);
  },
  prepareUpdate(draft, before) {
    if (!sameJson(draft.endpoints, before.endpoints)) dropTopology(draft.endpoints);
  },
  validate(draft, problems) {
    const { addressType, endpoints = [], ports = [] } = draft;
    if (addressType === '') problems.required('addressType');
    else problems.unlessOneOf('addressType', addressType, ADDRESS_TYPES);
    if (endpoints.length > MAX_ENDPOINTS) problems.tooMany('endpoints', endpoints.length, MAX_ENDPOINTS);
    const rule = ADDRESS_RULES.get(addressType) ?? dnsSubdomain;
    endpoints.forEach((endpoint, i) => validateEndpoint(endpoint, rule, `endpoints[${i}]`, problems));
    validatePorts(ports, problems);
  },
  validateUpdate(draft, before, problems) {
    if (draft.addressType !== before.addressType)
      problems.invalid('addressType', draft.addressType, 'field is immutable');
  },
});
