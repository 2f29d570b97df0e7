import type { HostNetwork } from '@shiplog/hostnet';
import { deleteFlow, listUdpFlows, readUdpFlows, throwRefusal } from './domain/conntrack-messages';
import type { IsStale } from './domain/stale-flows';

/** Has the kernel forget UDP conversations; answers how many. Throws an Error when it can't be asked, or refuses. */
export async function forgetFlows(network: HostNetwork, isStale: IsStale): Promise<number> {
  const stale = readUdpFlows(await network.netlink([listUdpFlows()])).filter(isStale);
  if (stale.length > 0) throwRefusal(await network.netlink(stale.map(deleteFlow)));
  return stale.length;
}
