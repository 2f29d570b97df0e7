import { applyScript, batch, ownKernel, renderTableRemoval, type Kernel } from '@shiplog/kernel';
import { BRIDGE, hostInterface, tableOf, VXLAN } from '../domain/names';
import type { Observed } from '../domain/observed';
import { planCommands, type Scope } from '../domain/plan-commands';
import { readCables } from '../pods/plan-cable';
import { observe } from './observe';
import { closeForwarding } from './open-forwarding';

/** Removes all that the agent ever made here; pods of this node lose their network. */
export async function cleanUp(options: Scope & { node: string; role: 'node' | 'host' }, kernel: Kernel = ownKernel) {
  await applyScript(kernel, renderTableRemoval(tableOf(options.node)));
  if (options.role === 'node') await closeForwarding(kernel);
  const observed = await observe(kernel);
  const nothing = { routes: [], neighbours: [], fdb: [], unreachable: [] };
  const routes = planCommands(nothing, { ...observed, links: [] }, options).ip;
  await batch(kernel, 'ip', [...routes, ...(options.role === 'node' ? linkRemovals(observed) : [])]);
}

function linkRemovals(observed: Observed): string[] {
  const { attached, unfinished } = readCables(observed.links);
  const own = observed.links.filter(({ ifname }) => ifname === BRIDGE || ifname === VXLAN).map((link) => link.ifname);
  const names = [...attached.map((one) => hostInterface(one.uid)), ...unfinished, ...own];
  return names.map((name) => `link delete dev ${name}`);
}
