import type { EndpointAddress, EndpointPort } from '@shiplog/contracts';
import {
  backendAddress,
  dnsLabel,
  dnsSubdomain,
  portNumber,
  type Problems,
  qualifiedName,
} from '@shiplog/apimachinery';
import { defineKind } from './kind';

const PROTOCOLS = ['TCP', 'UDP', 'SCTP'];

/** A port of a subset: with a name when there are others. */
function validatePorts(ports: readonly EndpointPort[], at: string, problems: Problems): void {
  ports.forEach(({ name, port, protocol, appProtocol }, i) => {
    const here = `${at}[${i}]`;
    if (name !== undefined) problems.breaches(`${here}.name`, name, dnsLabel);
    else if (ports.length > 1) problems.required(`${here}.name`);
    for (const wrong of portNumber(port)) problems.invalid(`${here}.port`, port, wrong);
    problems.unlessOneOf(`${here}.protocol`, protocol, PROTOCOLS);
    if (appProtocol !== undefined) problems.breaches(`${here}.appProtocol`, appProtocol, qualifiedName);
  });
}

function validateAddress({ ip, hostname, nodeName }: EndpointAddress, at: string, problems: Problems): void {
  problems.breaches(`${at}.ip`, ip, backendAddress);
  if (hostname !== undefined) problems.breaches(`${at}.hostname`, hostname, dnsLabel);
  if (nodeName !== undefined) problems.breaches(`${at}.nodeName`, nodeName, dnsSubdomain);
}

export const endpoints = defineKind<'endpoints'>({
  resource: 'endpoints',
  name: dnsSubdomain,
  generation: 'none',
  defaults(draft) {
    for (const subset of draft.subsets ?? []) for (const port of subset.ports ?? []) port.protocol ??= 'TCP';
  },
  validate(draft, problems) {
    draft.subsets?.forEach((subset, i) => {
      const at = `subsets[${i}]`;
      const ready = subset.addresses ?? [];
      const waiting = subset.notReadyAddresses ?? [];
      if (ready.length + waiting.length === 0) problems.required(at, 'must specify `addresses` or `notReadyAddresses`');
      ready.forEach((address, n) => validateAddress(address, `${at}.addresses[${n}]`, problems));
      waiting.forEach((address, n) => validateAddress(address, `${at}.notReadyAddresses[${n}]`, problems));
      validatePorts(subset.ports ?? [], `${at}.ports`, problems);
    });
  },
});
