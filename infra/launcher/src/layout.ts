import { join } from 'node:path';
import { hollowNames } from '../../hollow/src/domain/node-settings';
import { SYSTEM_RUNTIME } from './runtime-folder';
import type { LauncherSettings, RuntimeName } from './settings';

/** What hollow nodes are called, before their number; and the process that they all are. */
export const HOLLOW_PREFIX = 'hollow';

/** Length of the underlay's network prefix. */
export const UNDERLAY_PREFIX = 24;

/** One minion of this machine: a network namespace with an engine of its own. */
export interface MinionLayout {
  readonly name: string;
  readonly netns: string;
  /** Its end of the underlay, inside the namespace. */
  readonly address: string;
  /** Its address of IPv6 there, in a dual-stack cluster. */
  readonly address6?: string;
  /** The host's end of its veth pair. */
  readonly veth: string;
  readonly runtime: RuntimeName;
  /** Every container of the minion is below this control group. */
  readonly cgroup: string;
  /** Images and containers. */
  readonly home: string;
  /** Sockets and process state: a short path, gone after a reboot. */
  readonly runDir: string;
  /** Where its runtime listens. */
  readonly socket: string;
}

/** Length of the prefix of the underlay's IPv6 network. */
export const UNDERLAY_PREFIX6 = 64;

/** The IPv6 part of the underlay. */
export interface Underlay6 {
  /** The host's address on it. */
  readonly hostAddress: string;
  /** Services have their addresses behind it, as far as minions themselves are concerned. */
  readonly serviceCidr: string;
}

/** Every name and address that a cluster on this machine uses; two slots have none in common. */
export interface Layout {
  readonly slot: number;
  readonly bridge: string;
  readonly underlayCidr: string;
  /** The host's address on the underlay. */
  readonly hostAddress: string;
  /** What of the underlay is IPv6, in a dual-stack cluster. */
  readonly underlay6?: Underlay6;
  /** Where pods and Services have their addresses: a range, or in a dual-stack cluster a pair with a comma between. */
  readonly clusterCidr: string;
  readonly serviceCidr: string;
  readonly nodePortRange: string;
  /** Where pods ask for names: the address of the Service kube-dns. */
  readonly clusterDns: string;
  /** Addresses of the underlay for Services of type LoadBalancer: no minion gets one of them. */
  readonly loadBalancerRange: string;
  /** The nftables table of the host's own rules for the underlay. */
  readonly underlayTable: string;
  /** Name suffix of what the host's network and proxy install. */
  readonly hostName: string;
  readonly runDir: string;
  readonly minions: readonly MinionLayout[];
  /** Names of the nodes without engines. */
  readonly hollowNodes: readonly string[];
  /** Names of the namespaces and control groups of all minions that the slot ever had, not only of those it has now. */
  readonly netnsPattern: RegExp;
  /** Names of the host's ends of the veth pairs. */
  readonly vethPattern: RegExp;
}

/** The layout of the cluster that the settings describe. */
export function layoutOf(
  settings: Place & Pick<LauncherSettings, 'minions'> & Partial<Pick<LauncherSettings, 'hollow'>>,
): Layout {
  const { slot } = settings;
  const v6 = settings.dualStack === true ? rangesV6(slot) : undefined;
  const pair = (v4: string, of: (ranges: RangesV6) => string): string => (v6 === undefined ? v4 : `${v4},${of(v6)}`);
  const name = nameOf(slot);
  return {
    slot,
    bridge: `shiplog${slot}`,
    underlayCidr: `172.30.${slot}.0/${UNDERLAY_PREFIX}`,
    hostAddress: `172.30.${slot}.1`,
    ...(v6 === undefined ? {} : { underlay6: { hostAddress: `${v6.underlay}1`, serviceCidr: v6.serviceCidr } }),
    clusterCidr: pair(`10.${244 - slot}.0.0/16`, ({ clusterCidr }) => clusterCidr),
    serviceCidr: pair(`10.${96 + slot}.0.0/16`, ({ serviceCidr }) => serviceCidr),
    clusterDns: `10.${96 + slot}.0.10`,
    // NodePorts are opened on the host's own 127.0.0.1, so slots must differ here too.
    nodePortRange: slot === 0 ? '30000-32767' : `${20_000 + slot * 500}-${20_499 + slot * 500}`,
    loadBalancerRange: pair(`172.30.${slot}.200-172.30.${slot}.250`, ({ underlay }) => `${underlay}200-${underlay}250`),
    // Of the name that earlier releases gave it: their rules are replaced and removed as one's own.
    underlayTable: `shiplog_fabric_${slot}`,
    hostName: slot === 0 ? 'host' : `host-${slot}`,
    runDir: runDirOf(slot),
    minions: Array.from({ length: settings.minions }, (_, index) => minionLayout(settings, index + 1)),
    hollowNodes: hollowNames({ nodes: settings.hollow ?? 0, prefix: HOLLOW_PREFIX }),
    netnsPattern: new RegExp(`^${name}-m\\d+$`),
    vethPattern: new RegExp(`^shiplog${slot}m\\d+$`),
  };
}

/** Which cluster of this machine is meant; by default all minions have Docker, and IPv4 alone. */
type Place = Pick<LauncherSettings, 'slot' | 'home'> & Partial<Pick<LauncherSettings, 'dualStack' | 'runtimes'>>;

interface RangesV6 {
  /** Beginning of the addresses of the underlay, up to the last group. */
  readonly underlay: string;
  readonly clusterCidr: string;
  readonly serviceCidr: string;
}

/** Unique local addresses (RFC 4193): a network of 48 bits for each slot, with one subnet for minions, one for Services, 256 for pods. */
function rangesV6(slot: number): RangesV6 {
  const site = `fd53:6869:${(0x7000 + slot).toString(16)}`;
  return { underlay: `${site}:1::`, serviceCidr: `${site}:2::/112`, clusterCidr: `${site}:100::/56` };
}

/** The layout of the nth minion, from 1 on. */
export function minionLayout({ slot, home, dualStack, runtimes = ['docker'] }: Place, n: number): MinionLayout {
  const minion = `minion-${n}`;
  const runDir = `${runDirOf(slot)}/${minion}`;
  const runtime = runtimes[n - 1] ?? runtimes.at(-1) ?? 'docker';
  return {
    name: minion,
    netns: `${nameOf(slot)}-m${n}`,
    address: `172.30.${slot}.${10 + n}`,
    ...(dualStack === true ? { address6: `${rangesV6(slot).underlay}${10 + n}` } : {}),
    veth: `shiplog${slot}m${n}`,
    runtime,
    cgroup: `/${nameOf(slot)}-m${n}`,
    home: join(home, 'minions', minion),
    runDir,
    socket: `${runDir}/${runtime}.sock`,
  };
}

function nameOf(slot: number): string {
  return slot === 0 ? 'shiplog' : `shiplog${slot}`;
}

function runDirOf(slot: number): string {
  return `${SYSTEM_RUNTIME}/${slot}`;
}
