import type { Layout, MinionLayout } from '../../layout';

/** What is there of all that a launcher makes for the network of its minions. */
export interface Observed {
  /** Every link of the host, by name. */
  readonly links: ReadonlyMap<string, ObservedLink>;
  /** Names under which network namespaces can be entered. */
  readonly namespaces: ReadonlySet<string>;
  /** Names of the namespaces that have the host as their way out, as all do whose own end of the link is up. */
  readonly connected: ReadonlySet<string>;
  /** The nftables tables by family and name. */
  readonly tables: ReadonlySet<string>;
  /** Paths of the engines' sockets. */
  readonly sockets: ReadonlySet<string>;
}

export interface ObservedLink {
  /** The bridge that it is plugged into. */
  readonly master: string | undefined;
  readonly up: boolean;
  readonly addresses: readonly string[];
}

/** Something that a launcher made and that is no longer there, or no longer as it was made. */
export type Lack =
  | { readonly kind: 'bridge'; readonly name: string }
  | { readonly kind: 'rules'; readonly name: string }
  | { readonly kind: 'namespace'; readonly name: string; readonly minion: MinionLayout }
  | { readonly kind: 'veth'; readonly name: string; readonly minion: MinionLayout }
  | { readonly kind: 'uplink'; readonly name: string; readonly minion: MinionLayout }
  | { readonly kind: 'engine'; readonly name: string; readonly minion: MinionLayout };

/** What has vanished, in the order in which it is made again: each needs those before it. */
export function planRepairs(layout: Layout, observed: Observed): Lack[] {
  const { minions } = layout;
  return [
    ...(isBridge(layout, observed) ? [] : [{ kind: 'bridge', name: layout.bridge } as const]),
    ...(observed.tables.has(`ip ${layout.underlayTable}`)
      ? []
      : [{ kind: 'rules', name: layout.underlayTable } as const]),
    ...minions
      .filter((minion) => !observed.namespaces.has(minion.netns))
      .map((minion) => ({ kind: 'namespace', name: minion.netns, minion }) as const),
    ...minions
      .filter((minion) => !isPlugged(layout, observed.links.get(minion.veth)))
      .map((minion) => ({ kind: 'veth', name: minion.veth, minion }) as const),
    ...minions
      .filter((minion) => observed.namespaces.has(minion.netns) && !observed.connected.has(minion.netns))
      .map((minion) => ({ kind: 'uplink', name: 'eth0', minion }) as const),
    ...minions
      .filter((minion) => !observed.sockets.has(minion.socket))
      .map((minion) => ({ kind: 'engine', name: minion.socket, minion }) as const),
  ];
}

/** For a person: what is missing. */
export function describeLack(lack: Lack): string {
  const { name } = lack;
  switch (lack.kind) {
    case 'bridge':
      return `bridge ${name}`;
    case 'rules':
      return `rules ${name} (nftables)`;
    case 'namespace':
      return `network namespace ${name} of ${lack.minion.name}`;
    case 'veth':
      return `link ${name} of ${lack.minion.name}`;
    case 'uplink':
      return `address or route of ${name} in ${lack.minion.name}`;
    case 'engine':
      return `engine socket ${name} of ${lack.minion.name}`;
  }
}

function isBridge({ bridge, hostAddress, underlay6 }: Layout, { links }: Observed): boolean {
  const link = links.get(bridge);
  const addresses = [hostAddress, ...(underlay6 === undefined ? [] : [underlay6.hostAddress])];
  return link !== undefined && link.up && addresses.every((address) => link.addresses.includes(address));
}

function isPlugged({ bridge }: Layout, link: ObservedLink | undefined): boolean {
  return link !== undefined && link.up && link.master === bridge;
}
