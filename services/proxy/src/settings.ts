import { choice, duration, text, type CommonConfig, type ConfigOf } from '@shiplog/service';

const CIDR = /^(\d+\.\d+\.\d+\.\d+\/\d+)?$/;

/** The proxy's own settings; `--help` shows them with their defaults. */
export const proxySettings = {
  nodeName: text({
    env: 'NODE_NAME',
    description:
      'The node that this proxy serves: endpoints of this name are local. `host` for the machine around the minions.',
  }),
  mode: choice({
    env: 'PROXY_MODE',
    description:
      'Rules in the kernel, or listening sockets where the kernel or the rights are missing; auto finds out.',
    of: ['auto', 'nftables', 'userspace'],
    default: 'auto',
  }),
  nodePortAddresses: text({
    env: 'NODE_PORT_ADDRESSES',
    description:
      'Addresses or networks on which node ports answer, with commas between; none: every address of the node (nftables), 127.0.0.1 and NODE_IP (userspace).',
    default: '',
    pattern: /^(\d+\.\d+\.\d+\.\d+(\/\d+)?)(,\d+\.\d+\.\d+\.\d+(\/\d+)?)*$/,
    example: '127.0.0.0/8,192.168.1.10',
  }),
  nodeIp: text({
    env: 'NODE_IP',
    description: "The node's own address, for node ports of the userspace mode.",
    default: '',
  }),
  clusterCidr: text({
    env: 'CLUSTER_CIDR',
    description: 'Where pods have their addresses; connections from elsewhere are masqueraded.',
    default: '10.244.0.0/16',
    pattern: CIDR,
    example: '10.244.0.0/16',
  }),
  serviceCidr: text({
    env: 'SERVICE_CIDR',
    description: 'Where services have their addresses; one that no service has is refused.',
    default: '10.96.0.0/16',
    pattern: CIDR,
    example: '10.96.0.0/16',
  }),
  verifyEvery: duration({
    env: 'PROXY_VERIFY_EVERY',
    description: 'How often the proxy looks whether its rules are still in the kernel.',
    default: '3s',
    minMs: 1000,
  }),
  reloadEvery: duration({
    env: 'PROXY_RELOAD_EVERY',
    description: 'How often all rules are written again, whatever the kernel has.',
    default: '15m',
    minMs: 1000,
  }),
};

/** Addresses and networks on which node ports answer; none: all of the node's. */
export function nodePortAddressesOf({ nodePortAddresses }: Pick<ProxyConfig, 'nodePortAddresses'>): string[] {
  return nodePortAddresses === '' ? [] : nodePortAddresses.split(',');
}

export type ProxyConfig = ConfigOf<typeof proxySettings> & CommonConfig;
