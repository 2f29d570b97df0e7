import { parseIpPair } from '@shiplog/apimachinery';
import { choice, ConfigError, duration, integer, text, type CommonConfig, type ConfigOf } from '@shiplog/service';
import { clusterRanges } from './domain/ranges';
import { LEAST_MTU_V6 } from './domain/mtu';

/** The network agent's own settings; `--help` shows them with their defaults. */
export const networkSettings = {
  nodeName: text({ env: 'NODE_NAME', description: 'The node that this agent serves; in the role host any name.' }),
  role: choice({
    env: 'ROLE',
    description:
      'node: bridge, tunnels and addresses for the pods of this node; host: only routes to the pods and services of others.',
    of: ['node', 'host'],
    default: 'node',
  }),
  backend: choice({
    env: 'BACKEND',
    description:
      'How packets reach pods of other nodes: a VXLAN as Flannel makes it, plain routes where nodes share a link, or encrypted by WireGuard where the kernel has it.',
    of: ['vxlan', 'host-gw', 'wireguard'],
    default: 'vxlan',
  }),
  podMtu: integer({
    env: 'POD_MTU',
    description:
      'Bytes that pods may send at once; 0: what the way to the other nodes carries, without what the backend adds, and as that changes.',
    default: 0,
    min: 576,
    max: 65_535,
  }),
  nodeIp: text({
    env: 'NODE_IP',
    description:
      "This node's address that other nodes reach, in a dual-stack cluster one of IPv4 and one of IPv6 with a comma between; none: the first one of the interface that leads to them.",
    default: '',
  }),
  underlayInterface: text({
    env: 'FABRIC_INTERFACE',
    description:
      'The interface that leads to the other nodes; none: the one with NODE_IP, or that of the default route.',
    default: '',
  }),
  clusterCidr: text({
    env: 'CLUSTER_CIDR',
    description:
      'Where all pods have their addresses, in a dual-stack cluster an IPv4 and an IPv6 network with a comma between; what leaves it from here is masqueraded.',
    default: '10.244.0.0/16',
  }),
  nodeCidrPrefix: integer({
    env: 'NODE_CIDR_PREFIX',
    description:
      "Length of each node's part of CLUSTER_CIDR, as the controller gives it out; a node with a larger part gets no routes.",
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
  serviceCidr: text({
    env: 'SERVICE_CIDR',
    description:
      'Where services have their addresses; in a dual-stack cluster a range of each family, as CLUSTER_CIDR.',
    default: '10.96.0.0/16',
  }),
  resyncEvery: duration({
    env: 'NETWORK_RESYNC_EVERY',
    description:
      'How often the kernel is compared with what should be there, whether or not it tells of a change, and where NATS is looked up.',
    default: '60s',
    minMs: 1000,
  }),
  lookEvery: duration({
    env: 'NETWORK_LOOK_EVERY',
    description: 'How often the agent looks whether its rules are in the kernel, which does not tell when they go.',
    default: '3s',
    minMs: 1000,
  }),
};

export type NetworkConfig = ConfigOf<typeof networkSettings> & CommonConfig;

/** What no setting can say alone. Throws a ConfigError. */
export function checkNetwork(config: NetworkConfig): void {
  if (parseIpPair(config.nodeIp) instanceof Error && config.nodeIp !== '') {
    throw new ConfigError(`NODE_IP ${(parseIpPair(config.nodeIp) as Error).message}`);
  }
  try {
    const { v6 } = clusterRanges(config);
    if (v6 === undefined || config.podMtu === 0 || config.podMtu >= LEAST_MTU_V6) return;
  } catch (error) {
    throw new ConfigError((error as Error).message);
  }
  throw new ConfigError(`POD_MTU is ${config.podMtu}, but IPv6 needs at least ${LEAST_MTU_V6} (RFC 8200)`);
}
