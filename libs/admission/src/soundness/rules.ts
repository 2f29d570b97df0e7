import type { BuiltIn, Container, ContainerPort, ObjectOf, Volume } from '@shiplog/contracts';
import {
  dnsLabel,
  dnsSubdomain,
  ipAddress,
  networkText,
  parseCidr,
  portNumber,
  type Problems,
  type TextRule,
} from '@shiplog/apimachinery';
import { validateKeys } from '../kinds/key-value';
import { validatePort } from '../pods/probes';

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
/** Kubernetes' bound of sessionAffinityConfig.clientIP.timeoutSeconds. */
const MAX_AFFINITY_SECONDS = 86_400;

type Rule<R extends BuiltIn> = (object: ObjectOf<R>, problems: Problems) => void;
type Rules = { readonly [R in BuiltIn]?: Rule<R> };

/**
 * What the values must be that readers turn into paths, addresses and rules. Looser than admission, on purpose: it must
 * hold for whatever any release has admitted, so a rule that admission gains later does not belong here.
 */
export const SOUND: Rules = {
  pods: ({ spec }, problems) => {
    const { containers = [], initContainers = [], volumes = [], nodeName, hostname, subdomain } = spec ?? {};
    soundContainers(containers, 'spec.containers', problems);
    soundContainers(initContainers, 'spec.initContainers', problems);
    soundNames(volumes, 'spec.volumes', problems);
    text(nodeName, dnsSubdomain, 'spec.nodeName', problems);
    text(hostname, dnsLabel, 'spec.hostname', problems);
    text(subdomain, dnsLabel, 'spec.subdomain', problems);
  },
  services: ({ spec = {}, status }, problems) => {
    if (spec.clusterIP !== 'None') text(spec.clusterIP, ipAddress, 'spec.clusterIP', problems);
    spec.clusterIPs?.forEach((ip, i) => {
      if (ip !== 'None') text(ip, ipAddress, `spec.clusterIPs[${i}]`, problems);
    });
    spec.externalIPs?.forEach((ip, i) => text(ip, ipAddress, `spec.externalIPs[${i}]`, problems));
    const ingress = status?.loadBalancer?.ingress ?? [];
    ingress.forEach(({ ip }, i) => text(ip, ipAddress, `status.loadBalancer.ingress[${i}].ip`, problems));
    spec.ports?.forEach((item, i) => {
      const at = `spec.ports[${i}]`;
      port(item.port, `${at}.port`, problems);
      if (item.nodePort !== undefined && item.nodePort !== 0) port(item.nodePort, `${at}.nodePort`, problems);
      if (item.targetPort !== undefined) validatePort(item.targetPort, `${at}.targetPort`, problems);
      protocol(item.protocol, `${at}.protocol`, problems);
    });
    const seconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds;
    if (spec.sessionAffinity === 'ClientIP' && seconds !== undefined && (seconds < 1 || seconds > MAX_AFFINITY_SECONDS))
      problems.invalid(
        'spec.sessionAffinityConfig.clientIP.timeoutSeconds',
        seconds,
        `must be between 1 and ${MAX_AFFINITY_SECONDS}`,
      );
  },
  'endpointslices.discovery.k8s.io': ({ addressType, endpoints = [], ports = [] }, problems) => {
    const rule = addressType === 'FQDN' ? dnsSubdomain : ipAddress;
    endpoints.forEach((endpoint, i) => {
      if (endpoint.addresses.length === 0) problems.required(`endpoints[${i}].addresses`);
      endpoint.addresses.forEach((item, n) => text(item, rule, `endpoints[${i}].addresses[${n}]`, problems));
    });
    ports.forEach((item, i) => {
      if (item.port !== undefined) port(item.port, `ports[${i}].port`, problems);
      protocol(item.protocol, `ports[${i}].protocol`, problems);
    });
  },
  nodes: ({ spec = {} }, problems) => {
    if (spec.podCIDR !== undefined && parseCidr(spec.podCIDR) === undefined) {
      problems.invalid('spec.podCIDRs', spec.podCIDR, 'must be an IPv4 network');
    }
    for (const cidr of spec.podCIDRs ?? []) problems.breaches('spec.podCIDRs', cidr, networkText);
  },
  configmaps: ({ data, binaryData }, problems) => {
    validateKeys(data, 'data', problems);
    validateKeys(binaryData, 'binaryData', problems);
  },
  secrets: ({ data }, problems) => validateKeys(data, 'data', problems),
};

function soundContainers(containers: readonly Container[], at: string, problems: Problems): void {
  soundNames(containers, at, problems);
  containers.forEach((container, i) => soundPorts(container.ports ?? [], `${at}[${i}].ports`, problems));
}

function soundPorts(ports: readonly ContainerPort[], at: string, problems: Problems): void {
  ports.forEach((item, i) => {
    port(item.containerPort, `${at}[${i}].containerPort`, problems);
    if (item.hostPort !== undefined && item.hostPort !== 0) port(item.hostPort, `${at}[${i}].hostPort`, problems);
    protocol(item.protocol, `${at}[${i}].protocol`, problems);
    text(item.hostIP, ipAddress, `${at}[${i}].hostIP`, problems);
  });
}

/** They become file names, and parts of the names of containers and volumes. */
function soundNames(items: readonly (Container | Volume)[], at: string, problems: Problems): void {
  items.forEach(({ name }, i) => text(name, dnsLabel, `${at}[${i}].name`, problems));
}

/** Absent is fine; empty is absent, as for the decoder. */
function text(value: string | undefined, rule: TextRule, at: string, problems: Problems): void {
  if (value !== undefined) for (const wrong of rule(value)) problems.invalid(at, value, wrong);
}

function port(value: number, at: string, problems: Problems): void {
  for (const wrong of portNumber(value)) problems.invalid(at, value, wrong);
}

function protocol(value: string | undefined, at: string, problems: Problems): void {
  if (value !== undefined && !PROTOCOLS.includes(value)) problems.notSupported(at, value, PROTOCOLS);
}
