import { isIp, parseIpPair, parseIpRanges, parseNetwork } from '@shiplog/apimachinery';
import { choice, duration, parsed, text, type CommonConfig, type ConfigOf } from '@shiplog/service';

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
  nodePortAddresses: parsed({
    env: 'NODE_PORT_ADDRESSES',
    description:
      'Addresses or networks of either family on which node ports answer, with commas between; none: every address of the node (nftables), its loopback addresses and NODE_IP (userspace).',
    default: '',
    read: (given) => {
      const wrong = given === '' ? undefined : given.split(',').find((item) => !isIp(item) && !parseNetwork(item));
      if (wrong === undefined) return given;
      return new Error(`has "${wrong}", which is no address or network, as 127.0.0.0/8,192.168.1.10,fd00::/8`);
    },
  }),
  nodeIp: parsed({
    env: 'NODE_IP',
    description:
      "The node's own address, or an IPv4 and an IPv6 one with a comma between, for node ports of the userspace mode.",
    default: '',
    read: (given) => (given === '' ? given : asGiven(given, parseIpPair(given))),
  }),
  clusterCidr: parsed({
    env: 'CLUSTER_CIDR',
    description:
      'Where pods have their addresses, in a dual-stack cluster an IPv4 and an IPv6 range with a comma between; connections from elsewhere are masqueraded.',
    default: '10.244.0.0/16',
    read: (given) => asGiven(given, parseIpRanges(given)),
  }),
  serviceCidr: parsed({
    env: 'SERVICE_CIDR',
    description: 'Where services have their addresses, written alike; one that no service has is refused.',
    default: '10.96.0.0/16',
    read: (given) => asGiven(given, parseIpRanges(given)),
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

/** A text that was read, or what is wrong with it. */
function asGiven(given: string, read: unknown): string | Error {
  return read instanceof Error ? read : given;
}

/** Addresses and networks on which node ports answer; none: all of the node's. */
export function nodePortAddressesOf({ nodePortAddresses }: Pick<ProxyConfig, 'nodePortAddresses'>): string[] {
  return nodePortAddresses === '' ? [] : nodePortAddresses.split(',');
}

export type ProxyConfig = ConfigOf<typeof proxySettings> & CommonConfig;
