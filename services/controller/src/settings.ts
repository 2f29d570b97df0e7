import { readFileSync } from 'node:fs';
import { certificateAuthority } from './signing/certificate-authority';
import { formatCidr, parseCidr, type Cidr } from '@shiplog/apimachinery';
import { EVENT_TTL_MS } from '@shiplog/kube';
import { ConfigError, duration, integer, optionalText, text, type CommonConfig, type ConfigOf } from '@shiplog/service';

/** How the controller is configured, each setting by one environment variable. */
export const controllerSettings = {
  clusterCidr: text({
    env: 'CLUSTER_CIDR',
    description: 'The network of all pods; each node gets a part of it.',
    default: '10.244.0.0/16',
    pattern: /^\d{1,3}(\.\d{1,3}){3}\/\d{1,2}$/,
    example: '10.244.0.0/16',
  }),
  nodeCidrPrefix: integer({
    env: 'NODE_CIDR_PREFIX',
    description: "Length of each node's part of CLUSTER_CIDR.",
    default: 24,
    min: 8,
    max: 29,
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
  clusterNetworkOf(config);
  certificateOf(config);
  certificateAuthority(config);
}

/** The network of all pods, which has room for the parts that nodes get of it. Throws a ConfigError otherwise. */
export function clusterNetworkOf({ clusterCidr, nodeCidrPrefix }: ControllerConfig): Cidr {
  const network = parseCidr(clusterCidr);
  if (network === undefined) {
    throw new ConfigError(`CLUSTER_CIDR is "${clusterCidr}", which is not an IPv4 network such as 10.244.0.0/16`);
  }
  if (nodeCidrPrefix < network.prefix) {
    throw new ConfigError(
      `NODE_CIDR_PREFIX is ${nodeCidrPrefix}, but no /${nodeCidrPrefix} fits into CLUSTER_CIDR ${formatCidr(network)}`,
    );
  }
  return network;
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
