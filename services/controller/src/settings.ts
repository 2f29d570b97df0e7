import { readFileSync } from 'node:fs';
import type { AddressRange } from './controllers/load-balancers/decide';
import { certificateAuthority } from './signing/certificate-authority';
import {
  backendAddress,
  formatAddress,
  formatNetwork,
  ipFamilyOf,
  type Network,
  networkOf,
  networkSize,
  parseAddress,
  parseIpRanges,
  parseNetwork,
} from '@shiplog/apimachinery';
import type { PodRange } from './controllers/pod-cidrs/decide';
import { EVENT_TTL_MS } from '@shiplog/kube';
import { ConfigError, duration, integer, optionalText, text, type CommonConfig, type ConfigOf } from '@shiplog/service';

/** How the controller is configured, each setting by one environment variable. */
export const controllerSettings = {
  clusterCidr: text({
    env: 'CLUSTER_CIDR',
    description:
      'The network of all pods, in a dual-stack cluster an IPv4 and an IPv6 network with a comma between; each node gets a part of it.',
    default: '10.244.0.0/16',
  }),
  nodeCidrPrefix: integer({
    env: 'NODE_CIDR_PREFIX',
    description: "Length of each node's part of CLUSTER_CIDR.",
    default: 24,
    min: 8,
    max: 29,
  }),
  nodeCidrPrefixV6: integer({
    env: 'NODE_CIDR_PREFIX_V6',
    description: "Length of each node's part of the IPv6 network of CLUSTER_CIDR.",
    default: 64,
    min: 16,
    max: 120,
  }),
  loadBalancerRange: optionalText({
    env: 'LOAD_BALANCER_RANGE',
    description:
      'Addresses for Services of type LoadBalancer, as 192.168.1.240-192.168.1.250 or 192.168.1.240/28, one of each family with a comma between; none: they wait for another balancer.',
  }),
  nodeMonitorGraceMs: duration({
    env: 'NODE_MONITOR_GRACE',
    description: 'How long a node may be silent before it counts as lost.',
    default: '40s',
    minMs: 500,
  }),
  podGcQuarantineMs: duration({
    env: 'POD_GC_QUARANTINE',
    description: 'How long a node object must have been gone before its pods are removed.',
    default: '40s',
  }),
  autoscalerSyncMs: duration({
    env: 'HORIZONTAL_POD_AUTOSCALER_SYNC_PERIOD',
    description: 'How often autoscalers look at what pods use.',
    default: '15s',
    minMs: 500,
  }),
  autoscalerStabilizationMs: duration({
    env: 'HORIZONTAL_POD_AUTOSCALER_DOWNSCALE_STABILIZATION',
    description:
      'For how long the highest recommendation holds before there are fewer pods, unless an autoscaler says otherwise.',
    default: '5m',
  }),
  autoscalerCpuInitializationMs: duration({
    env: 'HORIZONTAL_POD_AUTOSCALER_CPU_INITIALIZATION_PERIOD',
    description: "How long after its start a pod's use of processors may be that of its start.",
    default: '5m',
  }),
  autoscalerReadinessDelayMs: duration({
    env: 'HORIZONTAL_POD_AUTOSCALER_INITIAL_READINESS_DELAY',
    description: 'A pod that turned unready within this time after its start counts as never ready.',
    default: '30s',
  }),
  endedPodsKept: integer({
    env: 'TERMINATED_POD_GC_THRESHOLD',
    description: 'How many succeeded and failed pods are kept; the oldest above go.',
    default: 12_500,
  }),
  eventTtlMs: duration({
    env: 'EVENT_TTL',
    description: 'How long an Event stays after it was last told of.',
    default: `${EVENT_TTL_MS / 3_600_000}h`,
    minMs: 1_000,
  }),
  signingCertFile: optionalText({
    env: 'CLUSTER_SIGNING_CERT_FILE',
    description: "The authority (PEM) of the API's clients, that signs approved CertificateSigningRequests.",
  }),
  signingKeyFile: optionalText({ env: 'CLUSTER_SIGNING_KEY_FILE', description: 'Its private key (PEM).' }),
  signingDurationMs: duration({
    env: 'CLUSTER_SIGNING_DURATION',
    description: 'How long certificates are good that do not ask for less.',
    default: '8760h',
    minMs: 600_000,
  }),
  caFile: optionalText({
    env: 'CA_FILE',
    description:
      "The certificate (PEM) that signs the API's; published as ConfigMap kube-root-ca.crt in every namespace.",
  }),
};

export type ControllerConfig = ConfigOf<typeof controllerSettings> & CommonConfig;

/** What no setting of the controller can say alone. Throws a ConfigError that says which one is wrong and why. */
export function checkController(config: ControllerConfig): void {
  podRangesOf(config);
  loadBalancerRangesOf(config);
  certificateOf(config);
  certificateAuthority(config);
}

/** Kubernetes' bound: a cluster has parts for at most as many nodes as this many bits count. */
const MOST_PART_BITS = 16;

/** The network of all pods of each family, which has room for the parts that nodes get of it. Throws a ConfigError otherwise. */
export function podRangesOf({ clusterCidr, nodeCidrPrefix, nodeCidrPrefixV6 }: ControllerConfig): PodRange[] {
  const ranges = parseIpRanges(clusterCidr);
  if (ranges instanceof Error) throw new ConfigError(`CLUSTER_CIDR ${ranges.message}`);
  const pods: PodRange[] = [podRangeOf('NODE_CIDR_PREFIX', networkOf(ranges.v4), nodeCidrPrefix)];
  if (ranges.v6 !== undefined) pods.push(podRangeOf('NODE_CIDR_PREFIX_V6', ranges.v6, nodeCidrPrefixV6));
  return pods;
}

function podRangeOf(setting: string, cluster: Network, prefix: number): PodRange {
  const wrong = `${setting} is ${prefix}, but`;
  const whole = `CLUSTER_CIDR ${formatNetwork(cluster)}`;
  if (prefix < cluster.prefix) throw new ConfigError(`${wrong} no /${prefix} fits into ${whole}`);
  if (cluster.family === 6 && prefix - cluster.prefix > MOST_PART_BITS) {
    throw new ConfigError(`${wrong} may be at most ${cluster.prefix + MOST_PART_BITS} in ${whole}`);
  }
  return { cluster, prefix };
}

/** The addresses of load balancers, one range of a family at most. Throws a ConfigError when the setting is no range of servable ones. */
export function loadBalancerRangesOf({ loadBalancerRange: text }: ControllerConfig): AddressRange[] {
  const ranges = (text?.split(',') ?? []).map((part) => addressRangeOf(part.trim()));
  const found = ranges.filter((range) => range !== undefined);
  const families = new Set(found.map(({ family }) => family));
  if (found.length === ranges.length && families.size === ranges.length) return found;
  throw new ConfigError(
    `LOAD_BALANCER_RANGE is "${text}", which is not a range of addresses such as 192.168.1.240-192.168.1.250, nor one of each family with a comma between`,
  );
}

/** Reads `192.168.1.240-192.168.1.250` or `192.168.1.240/28`; undefined when that is no range, or has addresses that none may lead to. */
function addressRangeOf(text: string): AddressRange | undefined {
  const network = parseNetwork(text);
  const [from = '', to = ''] = text.split('-');
  const families = network === undefined ? [from, to].map(ipFamilyOf) : [];
  if (families[0] !== families[1]) return undefined;
  const family = network?.family ?? (families[0] === 'IPv6' ? 6 : 4);
  const first = network?.base ?? parseAddress(from);
  const last = network === undefined ? parseAddress(to) : network.base + networkSize(network) - 1n;
  if (first === undefined || last === undefined || first > last) return undefined;
  const isServable = [first, last].every((end) => backendAddress(formatAddress(family, end)).length === 0);
  return isServable ? { family, first, last } : undefined;
}

/** What CA_FILE holds, if it is set. Throws a ConfigError when it can't be read. */
export function certificateOf({ caFile }: ControllerConfig): string | undefined {
  if (caFile === undefined) return undefined;
  try {
    return readFileSync(caFile, 'utf8');
  } catch (error) {
    throw new ConfigError(`CA_FILE is "${caFile}", which can't be read: ${String(error)}`);
  }
}
