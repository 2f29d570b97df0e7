import type { Problems } from '../problems';
import { backendAddress, dnsSubdomain, portName, portNumber } from '../values/names';
import { defineKind } from './kind';

const PROTOCOLS = ['TCP', 'UDP', 'SCTP'];

interface Port {
  name?: string;
  port?: number;
  protocol?: string;
}

function validatePorts(ports: readonly Port[], at: string, problems: Problems): void {
  ports.forEach((port, i) => {
    const here = `${at}[${i}]`;
    if (port.name === undefined && ports.length > 1) problems.required(`${here}.name`);
    else if (port.name !== undefined)
      for (const wrong of portName(port.name)) problems.invalid(`${here}.name`, port.name, wrong);
    for (const wrong of portNumber(port.port ?? 0)) problems.invalid(`${here}.port`, port.port ?? 0, wrong);
    if (port.protocol !== undefined && !PROTOCOLS.includes(port.protocol)) {
      problems.notSupported(`${here}.protocol`, port.protocol, PROTOCOLS);
    }
  });
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
      ready.forEach((address, n) => {
        for (const wrong of backendAddress(address.ip)) problems.invalid(`${at}.addresses[${n}].ip`, address.ip, wrong);
      });
      waiting.forEach((address, n) => {
        for (const wrong of backendAddress(address.ip))
          problems.invalid(`${at}.notReadyAddresses[${n}].ip`, address.ip, wrong);
      });
      validatePorts(subset.ports ?? [], `${at}.ports`, problems);
    });
  },
});
