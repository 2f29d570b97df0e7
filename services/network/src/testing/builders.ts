import type { Node } from '@shiplog/contracts';
import type { Observed, ObservedLink } from '../domain/observed';
import { ownAnnotations } from '../domain/flannel';
import { vtepMac } from '../domain/names';

/** What a node says of itself whose tunnel, if it has one, ends at a MAC address. */
export function annotationsOf(backend: 'vxlan' | 'host-gw', address: string, mac: string): Record<string, string> {
  return ownAnnotations(backend === 'vxlan' ? { backend, mac } : { backend }, address);
}

/** A node on the underlay 172.30.0.0/24 with pod network 10.244.<n>.0/24 that has said where its tunnel ends. */
export function aNode(
  n: number,
  more: {
    podCIDR?: string;
    podCIDRs?: string[];
    addressV6?: string;
    annotations?: Record<string, string>;
    metadata?: Node['metadata'];
  } = {},
): Node {
  const name = `minion-${n}`;
  const address = `172.30.0.${10 + n}`;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      ...more.metadata,
      annotations: more.annotations ?? annotationsOf('vxlan', address, vtepMac(name)),
    },
    spec: {
      podCIDR: more.podCIDR ?? `10.244.${n}.0/24`,
      ...(more.podCIDRs === undefined ? {} : { podCIDRs: more.podCIDRs }),
    },
    status: {
      addresses: [address, ...(more.addressV6 === undefined ? [] : [more.addressV6])].map((ip) => ({
        type: 'InternalIP',
        address: ip,
      })),
    },
  };
}

/** The same in a dual-stack cluster: fd00:172:30::<10 + n> with pod network fd00:10:244:<n>::/64. */
export function aDualStackNode(n: number, more: Parameters<typeof aNode>[1] = {}): Node {
  const podCIDRs = [`10.244.${n}.0/24`, `fd00:10:244:${n}::/64`];
  return aNode(n, { podCIDRs, addressV6: `fd00:172:30::${10 + n}`, ...more });
}

export function aLink(ifname: string, more: Partial<ObservedLink> & { ip?: string; ipv6?: string } = {}): ObservedLink {
  const [local, prefix] = more.ip?.split('/') ?? [];
  const [localV6, prefixV6] = more.ipv6?.split('/') ?? [];
  const addr_info = [
    ...(local === undefined ? [] : [{ family: 'inet', local, prefixlen: Number(prefix) }]),
    ...(localV6 === undefined ? [] : [{ family: 'inet6', local: localV6, prefixlen: Number(prefixV6) }]),
  ];
  return { ifname, mtu: 1500, flags: ['UP'], addr_info, ...more };
}

/** A kernel as a fresh minion has it. */
export function aMinion(more: Partial<Observed> = {}): Observed {
  return {
    links: [aLink('lo', { ip: '127.0.0.1/8' }), aLink('eth0', { ip: '172.30.0.11/24' })],
    routes: [{ dst: 'default', gateway: '172.30.0.1', dev: 'eth0' }],
    neighbours: [],
    fdb: [],
    ...more,
  };
}
