/** What `ip -j -d address show` tells, as far as it is used. */
export interface ObservedLink {
  readonly ifname: string;
  readonly mtu: number;
  readonly address?: string;
  readonly flags: readonly string[];
  readonly master?: string;
  /** A number, or the name of one. */
  readonly group?: string;
  readonly ifalias?: string;
  readonly linkinfo?: {
    readonly info_kind?: string;
    readonly info_data?: {
      readonly id?: number;
      readonly local?: string;
      readonly link?: string;
      readonly port?: number;
    };
  };
  readonly addr_info: readonly {
    readonly family: string;
    readonly local?: string;
    readonly prefixlen?: number;
    readonly scope?: string;
  }[];
}

/** What `ip -j route show` tells. */
export interface ObservedRoute {
  readonly dst: string;
  readonly gateway?: string;
  readonly dev?: string;
  readonly protocol?: string;
  readonly flags?: readonly string[];
  /** What the route says of the way, such as its MTU. */
  readonly metrics?: readonly { readonly mtu?: number }[];
}

/** A permanent entry of the neighbour table (RFC 826) or of a bridge's forwarding table. */
export interface ObservedNeighbour {
  readonly dst?: string;
  readonly lladdr?: string;
  readonly state?: readonly string[];
}
export interface ObservedFdb {
  readonly mac: string;
  readonly dst?: string;
  readonly state?: string;
}

/** The part of the kernel's state that the agent compares with what should be; of IPv6 in a dual-stack cluster only. */
export interface Observed {
  readonly links: readonly ObservedLink[];
  readonly routes: readonly ObservedRoute[];
  readonly neighbours: readonly ObservedNeighbour[];
  readonly fdb: readonly ObservedFdb[];
}

/** The network that a route leads to: `ip` shows one address without its prefix, and all of them by a word. */
export function networkOf({ dst }: Pick<ObservedRoute, 'dst'>): string {
  if (dst === 'default') return '0.0.0.0/0';
  return dst.includes('/') ? dst : `${dst}/32`;
}

/** IPv4 addresses of a link, with their prefix: `10.244.1.1/24`. */
export function addressesOf(link: ObservedLink): string[] {
  return link.addr_info.flatMap(({ family, local, prefixlen }) =>
    family === 'inet' && local !== undefined ? [`${local}/${prefixlen ?? 32}`] : [],
  );
}

/** The same of IPv6, but those that reach no further than the link. */
export function addressesV6Of(link: ObservedLink): string[] {
  return link.addr_info.flatMap(({ family, local, prefixlen, scope }) =>
    family === 'inet6' && local !== undefined && scope !== 'link' ? [`${local}/${prefixlen ?? 128}`] : [],
  );
}

/** A route of IPv6 with the network that it leads to written out, so that it can't be taken for one of IPv4. */
export function writtenOutV6(route: ObservedRoute): ObservedRoute {
  const { dst } = route;
  return { ...route, dst: dst === 'default' ? '::/0' : dst.includes('/') ? dst : `${dst}/128` };
}
