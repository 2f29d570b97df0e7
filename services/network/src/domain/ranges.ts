import { formatCidr, formatNetwork, parseIpRanges, type IpRanges } from '@shiplog/apimachinery';

/** Where a cluster has its addresses, in one family. */
export interface FamilyRanges {
  /** Of all pods. */
  readonly clusterCidr: string;
  /** Of Services. */
  readonly serviceCidr: string;
  /** The shortest prefix that a node's part of the pods' network can have. */
  readonly nodeCidrPrefix: number;
}

/** Of IPv4, and of IPv6 where the cluster is dual-stack. */
export interface ClusterRanges extends FamilyRanges {
  readonly v6?: FamilyRanges;
}

/** The settings that say it: ranges of one family, or of both with a comma between. */
export interface RangeSettings {
  readonly clusterCidr: string;
  readonly serviceCidr: string;
  readonly nodeCidrPrefix: number;
  /** Of a node's part of the IPv6 network: 64 unless it is said. */
  readonly nodeCidrPrefixV6?: number;
}

/** Reads the ranges. Throws an Error that names the setting, and says what is right. */
export function clusterRanges(settings: RangeSettings): ClusterRanges {
  const { nodeCidrPrefix, nodeCidrPrefixV6 = 64 } = settings;
  const [pods, services] = [read('CLUSTER_CIDR', settings.clusterCidr), read('SERVICE_CIDR', settings.serviceCidr)];
  const v4 = { clusterCidr: formatCidr(pods.v4), serviceCidr: formatCidr(services.v4), nodeCidrPrefix };
  if (pods.v6 === undefined && services.v6 === undefined) return v4;
  if (pods.v6 === undefined || services.v6 === undefined) {
    throw new Error('CLUSTER_CIDR and SERVICE_CIDR must both have an IPv6 range, or neither');
  }
  const v6 = { clusterCidr: formatNetwork(pods.v6), serviceCidr: formatNetwork(services.v6) };
  if (128 - nodeCidrPrefixV6 < 32 - nodeCidrPrefix) {
    const [own, other] = [`/${nodeCidrPrefixV6}`, `/${nodeCidrPrefix}`];
    throw new Error(
      `NODE_CIDR_PREFIX_V6 is ${nodeCidrPrefixV6}, but a node's ${own} must hold as many addresses as its ${other} of IPv4`,
    );
  }
  return { ...v4, v6: { ...v6, nodeCidrPrefix: nodeCidrPrefixV6 } };
}

function read(setting: string, text: string): IpRanges {
  const ranges = parseIpRanges(text);
  if (ranges instanceof Error) throw new Error(`${setting} ${ranges.message}`);
  return ranges;
}
