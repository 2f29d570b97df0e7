import { ProgramError, type HostNetwork } from '@shiplog/hostnet';
import { VXLAN } from '../domain/names';
import type { Observed, ObservedFdb, ObservedLink, ObservedNeighbour, ObservedRoute } from '../domain/observed';

/** Looks at the kernel: links with addresses, the main routing table, and what the tunnel knows. */
export async function observe(network: HostNetwork): Promise<Observed> {
  const [links, routes] = await Promise.all([
    json<ObservedLink>(network, 'ip', ['-j', '-d', 'address', 'show']),
    json<ObservedRoute>(network, 'ip', ['-4', '-j', '-d', 'route', 'show']),
  ]);
  const named = links.filter((link) => link.ifname !== undefined);
  if (!named.some((link) => link.ifname === VXLAN)) return { links: named, routes, neighbours: [], fdb: [] };
  const [neighbours, fdb] = await Promise.all([
    json<ObservedNeighbour>(network, 'ip', ['-4', '-j', 'neighbour', 'show', 'dev', VXLAN]),
    json<ObservedFdb>(network, 'bridge', ['-j', 'fdb', 'show', 'dev', VXLAN]),
  ]);
  return { links: named, routes, neighbours, fdb };
}

async function json<T>(network: HostNetwork, program: string, args: readonly string[]): Promise<T[]> {
  const text = (await network.run(program, args)).trim();
  if (text === '') return [];
  try {
    return JSON.parse(text) as T[];
  } catch (error) {
    throw new ProgramError(program, `wrote no JSON for ${args.join(' ')}: ${String(error)}`);
  }
}
