import {
  applyScript,
  batch,
  closeForwarding,
  hostNetwork,
  renderTableRemoval,
  type HostNetwork,
} from '@shiplog/hostnet';
import { BRIDGE, hostInterface, tableOf } from '../domain/names';
import type { Observed } from '../domain/observed';
import { planCommands, tunnelLinks } from '../domain/commands';
import { clusterRanges, type RangeSettings } from '../domain/ranges';
import { findUnderlay } from '../domain/underlay';
import { readVeths } from '../domain/veth';
import { removePolicyRules } from '../policies/policy-rules';
import { removeSourceRules } from '../pods/source-guard';
import { observe } from './observe';

/** What of its settings the agent made things by. */
export interface CleanUpOptions extends Pick<RangeSettings, 'clusterCidr' | 'serviceCidr'> {
  readonly node: string;
  readonly role: 'node' | 'host';
  readonly nodeIp: string;
  readonly underlayInterface: string;
}

/** Removes all that the agent ever made here; pods of this node lose their network. */
export async function cleanUp(options: CleanUpOptions, network: HostNetwork = hostNetwork): Promise<void> {
  await applyScript(network, renderTableRemoval(tableOf(options.node)));
  // A kernel without rules for IPv6 has none to remove.
  await applyScript(network, renderTableRemoval(tableOf(options.node), 'ip6')).catch(() => undefined);
  await removePolicyRules(options.node, network);
  await removeSourceRules(options.node, network);
  if (options.role === 'node')
    for (const family of ['ip', 'ip6'] as const) await closeForwarding(network, BRIDGE, family);
  const ranges = clusterRanges({ ...options, nodeCidrPrefix: 32 });
  // Of IPv6 also where the cluster is dual-stack no more, if the kernel has it.
  const observed = await observe(network, { isDualStack: true }).catch(() => observe(network));
  const nothing = { routes: [], neighbours: [], fdb: [], unreachable: [] };
  const underlay = findUnderlay(observed, {
    device: options.underlayInterface,
    address: options.nodeIp.split(',')[0] ?? '',
  });
  const tunnels = tunnelLinks(options.node);
  const devices = underlay === undefined ? tunnels : [underlay.device, ...tunnels];
  const routes = planCommands(nothing, { ...observed, links: [] }, { ...ranges, node: options.node, devices }).ip;
  await batch(network, 'ip', [...routes, ...(options.role === 'node' ? linkRemovals(observed, tunnels) : [])]);
}

function linkRemovals(observed: Observed, tunnels: readonly string[]): string[] {
  const { attached, unfinished } = readVeths(observed.links);
  const own = observed.links.map(({ ifname }) => ifname).filter((name) => [BRIDGE, ...tunnels].includes(name));
  const names = [...attached.map(({ uid }) => hostInterface(uid)), ...unfinished, ...own];
  return names.map((name) => `link delete dev ${name}`);
}
