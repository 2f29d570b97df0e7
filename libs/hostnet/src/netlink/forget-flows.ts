import type { HostNetwork } from '../host-network';
import type { TableFamily } from '../nft';
import { deleteFlow, listUdpFlows, readUdpFlows, throwRefusal, type TrackedFlow } from './conntrack-messages';

/** What makes a UDP conversation one that the kernel should forget, so that its next datagram is led anew. */
export type IsStale = (flow: TrackedFlow) => boolean;

/** Has the kernel forget UDP conversations of a family; answers how many. Throws an Error when it can't be asked, or refuses. */
export async function forgetFlows(
  network: Pick<HostNetwork, 'netlink'>,
  isStale: IsStale,
  family: TableFamily = 'ip',
): Promise<number> {
  const stale = readUdpFlows(await network.netlink([listUdpFlows(family)])).filter(isStale);
  if (stale.length > 0) throwRefusal(await network.netlink(stale.map(deleteFlow)));
  return stale.length;
}
