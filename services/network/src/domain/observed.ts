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
  readonly addr_info: readonly { readonly family: string; readonly local?: string; readonly prefixlen?: number }[];
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

/** The part of the kernel's state that the agent compares with what should be. */
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
