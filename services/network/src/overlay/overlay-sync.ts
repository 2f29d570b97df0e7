import {
  applyScript,
  forgetFlows,
  listTables,
  openForwarding,
  type HostNetwork,
  type NftTables,
  type TableFamily,
} from '@shiplog/hostnet';
import type { Logger } from 'pino';
import { BRIDGE, tableOf, VXLAN, vtepMac, wireguardLink } from '../domain/names';
import type { Observed } from '../domain/observed';
import { planCommands, tunnelLinks } from '../domain/commands';
import { planHost, planNode, type Desired } from '../domain/desired';
import { withPathMtu } from '../domain/mtu';
import { findUnderlay, type Underlay } from '../domain/underlay';
import { missingAnnotations, ownAnnotations, type OwnEnd } from '../domain/flannel';
import type { Node } from '../domain/node';
import { planPeers, type Backend, type Peers, type Unreachable } from '../domain/peers';
import { clusterRanges, type ClusterRanges, type RangeSettings } from '../domain/ranges';
import { busOfV6, podsOfV4, podsOfV6, renderRules, soundPorts, type PodPorts, type RulesInput } from '../domain/rules';
import { staleHostPorts, udpPortsOf, type UdpPorts } from '../domain/stale-host-ports';
import { allowV6, apply, applySettings } from './apply';
import { BusServers } from './bus-servers';
import { watchKernel } from './kernel-watch';
import type { ObservedWireguard } from '../domain/wireguard';
import { observe } from './observe';
import { Wireguard, withWireguardReason } from './wireguard';

export interface OverlayConfig extends RangeSettings {
  readonly nodeName: string;
  readonly role: 'node' | 'host';
  readonly backend: Backend;
  /** What pods may send at once; 0: found out from the underlay. */
  readonly podMtu: number;
  /** One, or one of each family with a comma between. */
  readonly nodeIp: string;
  readonly underlayInterface: string;
  readonly natsUrl: string;
}

/** What one look and its corrections came to. */
export type SyncOutcome =
  | { state: 'waiting'; reason: string; annotations?: Record<string, string> }
  | {
      state: 'done';
      desired: Desired;
      observed: Observed;
      podCidr: string;
      podCidrV6?: string;
      annotations?: Record<string, string>;
    };

/** Makes the kernel as the nodes ask: looks, plans, and carries out what differs. */
export class OverlaySync {
  #rules: string | undefined;
  /** The tables as the kernel showed them when they had been written; undefined while that is not known. */
  #standing: readonly (string | undefined)[] | undefined;
  readonly #udpPorts = new Map<TableFamily, UdpPorts>();
  #writing: Promise<void> = Promise.resolve();
  /** What leads to the other nodes. */
  #underlay: Underlay | undefined;
  /** The node's part of the IPv6 network. */
  #podCidrV6: string | undefined;
  readonly #ranges: ClusterRanges;
  readonly #bus: BusServers;
  readonly #wireguard: Wireguard;
  readonly #warned = new Map<string, string>();

  constructor(
    private readonly config: OverlayConfig,
    private readonly network: HostNetwork,
    private readonly logger: Logger,
  ) {
    this.#ranges = clusterRanges(config);
    this.#bus = new BusServers(config.natsUrl, logger, undefined, { isDualStack: this.#ranges.v6 !== undefined });
    this.#wireguard = new Wireguard(network);
  }

  /** One round. Throws when the kernel refuses something; the next round sees what is left to do. */
  async run(nodes: readonly Node[]): Promise<SyncOutcome> {
    const { config } = this;
    const ranges = this.#ranges;
    const observed = await observe(this.network, { isDualStack: ranges.v6 !== undefined });
    const [address = ''] = config.nodeIp.split(',');
    const underlay = findUnderlay(observed, { device: config.underlayInterface, address });
    if (underlay === undefined) return { state: 'waiting', reason: 'no interface leads to the other nodes' };
    const plan = planPeers(nodes, config.nodeName, ranges);
    const { own: podCidr = '', ownV6: podCidrV6, peers, skipped } = plan;
    this.#warn('a node is left out of the pod network', skipped);
    if (config.role === 'host') {
      const desired = withSkipped(planHost(underlay, peers, ranges.serviceCidr, ranges.v6?.serviceCidr), skipped);
      await this.#apply(desired, observed, underlay);
      return { state: 'done', desired, observed, podCidr: '' };
    }
    const own = nodes.find((node) => node.metadata.name === config.nodeName);
    if (own === undefined) return { state: 'waiting', reason: `no node is called ${config.nodeName} yet` };
    const wireguard = await this.#observeWireguard(observed);
    const annotations = missingAnnotations(own, ownAnnotations(this.#ownEnd(wireguard), underlay.address));
    if (podCidr === '') {
      const wrong = skipped.find(({ node }) => node === config.nodeName);
      const reason =
        wrong === undefined ? 'the node has no pod addresses yet' : `the node can't be used: ${wrong.reason}`;
      return { state: 'waiting', reason, annotations };
    }
    const desired = withSkipped(this.#planNode(plan, podCidr, withPathMtu(underlay, observed.routes, peers)), skipped);
    await this.#apply(desired, observed, underlay);
    if (desired.wireguard !== undefined) await this.#wireguard.configure(desired.wireguard, wireguard);
    [this.#underlay, this.#podCidrV6] = [underlay, podCidrV6];
    return {
      state: 'done',
      desired,
      observed,
      podCidr,
      ...(podCidrV6 === undefined ? {} : { podCidrV6 }),
      annotations,
    };
  }

  #planNode({ ownV6, peers }: Peers, podCidr: string, underlay: Underlay): Desired {
    const { nodeName: node, backend, podMtu: mtu } = this.config;
    const { clusterCidr, v6 } = this.#ranges;
    const own = v6 && ownV6 !== undefined ? { podCidr: ownV6, clusterCidr: v6.clusterCidr } : undefined;
    return planNode({ node, backend, mtu, podCidr, clusterCidr, v6: own, underlay, peers });
  }

  /** Tells when the kernel may be otherwise than the last round left it, until it is stopped. */
  watch(changed: () => void): { stop(): void } {
    return watchKernel(this.network, changed, { isDualStack: this.#ranges.v6 !== undefined });
  }

  /** All tables in the kernel, without elements. */
  tables(): Promise<NftTables> {
    return listTables(this.network);
  }

  /** Whether the tables are among those as they were written. */
  stands(tables: NftTables): boolean {
    return this.#standing === undefined || this.#standing.join() === this.#own(tables).join();
  }

  #own(tables: NftTables): (string | undefined)[] {
    const families = this.#podCidrV6 === undefined ? (['ip'] as const) : (['ip', 'ip6'] as const);
    return families.map((family) => tables.get(`${family} ${tableOf(this.config.nodeName)}`));
  }

  /** Looks up where NATS is, for the rules that are written next. */
  async refreshBus(): Promise<void> {
    await this.#bus.refresh();
  }

  /**
   * Writes the tables of masquerading and host ports in one transaction, unless they were written so already; `anyway` in doubt.
   * One writer at a time, each with the pods of its turn: the last word is the newest.
   */
  writeRules(podCidr: string, pods: () => readonly PodPorts[], options: { anyway: boolean }): Promise<void> {
    const write = async (): Promise<void> => {
      if (options.anyway) await this.#openForwarding();
      const rules = this.#rulesFor(podCidr, pods());
      const script = rules.map((input) => renderRules(input)).join('');
      if (script === this.#rules && !options.anyway) return;
      this.#rules = this.#standing = undefined;
      await applyScript(this.network, script);
      this.#rules = script;
      this.#standing = this.#own(await this.tables());
      for (const input of rules) await this.#endStaleFlows(input.family, udpPortsOf(input.pods));
    };
    const mine = this.#writing.then(write, write);
    this.#writing = mine;
    return mine;
  }

  /** Of each family that the node's pods have. */
  #rulesFor(podCidr: string, pods: readonly PodPorts[]): (RulesInput & { readonly family: TableFamily })[] {
    const { nodeName, backend } = this.config;
    const { clusterCidr, v6 } = this.#ranges;
    const unencrypted = backend === 'wireguard' ? this.#underlay?.device : undefined;
    const common = { table: tableOf(nodeName), tunnels: tunnelLinks(nodeName), unencrypted };
    const [bus, podCidrV6] = [this.#bus.addresses, this.#podCidrV6];
    const v4 = soundPorts(v6 === undefined ? pods : podsOfV4(pods));
    const found = soundPorts(podCidrV6 === undefined ? [] : podsOfV6(pods), 'ip6');
    this.#warn(
      'a host port is not served',
      [...v4.wrong, ...found.wrong].map(({ ip, reason }) => ({ node: `pod ${ip}`, reason })),
    );
    const busV4 = bus.filter(({ ip }) => !ip.includes(':'));
    const rules = { ...common, family: 'ip' as const, podCidr, clusterCidr, pods: v4.sound, bus: busV4 };
    if (v6 === undefined || podCidrV6 === undefined) return [rules];
    const busV6 = busOfV6(bus, this.#underlay?.networksV6 ?? []);
    const { clusterCidr: clusterCidrV6 } = v6;
    const own = { podCidr: podCidrV6, clusterCidr: clusterCidrV6, pods: found.sound, bus: busV6 };
    return [rules, { ...common, family: 'ip6', ...own }];
  }

  /** A failure keeps nothing from being served: it is told, and tried again with the next change. */
  async #endStaleFlows(family: TableFamily, now: UdpPorts): Promise<void> {
    const isStale = staleHostPorts(this.#udpPorts.get(family) ?? new Map<string, string>(), now);
    if (isStale === undefined) return;
    try {
      await forgetFlows(this.network, isStale, family);
      this.#udpPorts.set(family, now);
    } catch (error) {
      this.logger.error({ err: error }, 'UDP clients of host ports may go on talking to pods that are gone');
    }
  }

  async #observeWireguard({ links }: Observed): Promise<ObservedWireguard | undefined> {
    if (this.config.backend !== 'wireguard') return undefined;
    const name = wireguardLink(this.config.nodeName);
    return this.#wireguard.observe(
      name,
      links.some(({ ifname }) => ifname === name),
    );
  }

  #ownEnd(wireguard: ObservedWireguard | undefined): OwnEnd {
    const { backend, nodeName } = this.config;
    switch (backend) {
      case 'vxlan':
        return { backend, mac: vtepMac(nodeName) };
      case 'wireguard':
        return { backend, publicKey: this.#wireguard.publicKey(wireguard) };
      case 'host-gw':
        return { backend };
    }
  }

  async #openForwarding(): Promise<void> {
    const families: TableFamily[] = this.#ranges.v6 === undefined ? ['ip'] : ['ip', 'ip6'];
    for (const family of families)
      for (const rule of await openForwarding(this.network, BRIDGE, family))
        this.logger.info({ rule, family }, 'the engine’s rules drop forwarded packets: pods’ are let through');
  }

  async #apply(desired: Desired, observed: Observed, underlay: Underlay): Promise<void> {
    const { nodeName: node } = this.config;
    const devices = [underlay.device, ...tunnelLinks(node)];
    const commands = planCommands(desired, observed, { ...this.#ranges, node, devices });
    const lines = [...commands.ip, ...commands.bridge];
    if (lines.length > 0) this.logger.info({ commands: lines }, 'changing the kernel');
    const isDualStack = this.#ranges.v6 !== undefined;
    const own = [BRIDGE, ...tunnelLinks(node)];
    const links = observed.links.map(({ ifname }) => ifname).filter((name) => own.includes(name));
    if (isDualStack) await allowV6(this.network, links, this.logger);
    try {
      await apply(this.network, commands);
    } catch (error) {
      throw desired.wireguard === undefined ? error : withWireguardReason(error);
    }
    const tunnel = desired.tunnel === undefined ? desired.wireguard?.name : VXLAN;
    const parts = { bridge: desired.bridge !== undefined, tunnel, isDualStack };
    await applySettings(this.network, { device: underlay.device, ...parts }, this.logger);
  }

  /** Once, until something else is wrong with it, or nothing was in between. */
  #warn(message: string, wrong: readonly Unreachable[]): void {
    for (const { node, reason } of wrong) {
      if (this.#warned.get(`${message} ${node}`) !== reason) this.logger.warn({ node, reason }, message);
    }
    for (const key of this.#warned.keys()) if (key.startsWith(message)) this.#warned.delete(key);
    for (const { node, reason } of wrong) this.#warned.set(`${message} ${node}`, reason);
  }
}

function withSkipped(desired: Desired, skipped: readonly Unreachable[]): Desired {
  return { ...desired, unreachable: [...desired.unreachable, ...skipped] };
}
