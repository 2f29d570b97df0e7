import { ProgramError, type HostNetwork } from '@shiplog/hostnet';
import { VXLAN } from '../domain/names';
import {
  writtenOutV6,
  type Observed,
  type ObservedFdb,
  type ObservedLink,
  type ObservedNeighbour,
  type ObservedRoute,
} from '../domain/observed';

/**
 * Looks at the kernel: links with addresses, the main routing table, and what the tunnel knows; at the routes and neighbours of
 * IPv6 only where they are asked for.
 */
export async function observe(network: HostNetwork, { isDualStack = false } = {}): Promise<Observed> {
  const families = isDualStack ? ['-4', '-6'] : ['-4'];
  const [links, routes, routesV6 = []] = await Promise.all([
    json<ObservedLink>(network, 'ip', ['-j', '-d', 'address', 'show']),
    ...families.map((family) => json<ObservedRoute>(network, 'ip', [family, '-j', '-d', 'route', 'show'])),
  ] as const);
  const named = links.filter((link) => link.ifname !== undefined);
  const all = [...(routes ?? []), ...routesV6.map(writtenOutV6)];
  if (!named.some((link) => link.ifname === VXLAN)) return { links: named, routes: all, neighbours: [], fdb: [] };
  const [fdb, ...neighbours] = await Promise.all([
    json<ObservedFdb>(network, 'bridge', ['-j', 'fdb', 'show', 'dev', VXLAN]),
    ...families.map((family) =>
      json<ObservedNeighbour>(network, 'ip', [family, '-j', 'neighbour', 'show', 'dev', VXLAN]),
    ),
  ] as const);
  return { links: named, routes: all, neighbours: neighbours.flat(), fdb };
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
