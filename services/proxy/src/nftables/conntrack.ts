import { ProgramError, type HostNetwork } from '@shiplog/hostnet';
import type { Logger } from 'pino';
import type { StaleFlow, TrackedFlow } from './domain/stale-flows';

/** Both directions of a conversation, as `conntrack -L` writes them: the client's, and the one that answers come in. */
const TRACKED = /^udp .*?src=\S+ dst=(\S+) sport=\d+ dport=(\d+) .*?src=(\S+) dst=\S+ sport=(\d+)/;

/** The UDP conversations that the kernel has; none, and that is told, when it can't be asked. */
export async function trackedFlows(network: HostNetwork, logger: Logger): Promise<TrackedFlow[]> {
  try {
    return readFlows(await network.run('conntrack', ['-L', '-p', 'udp', '-f', 'ipv4']));
  } catch (error) {
    logger.error({ err: error }, 'UDP clients of before may go on talking to backends that are gone');
    return [];
  }
}

/** What `conntrack -L` wrote. */
export function readFlows(listing: string): TrackedFlow[] {
  return listing.split('\n').flatMap((line) => {
    const [, address, port, backend, backendPort] = TRACKED.exec(line) ?? [];
    if (address === undefined || port === undefined || backend === undefined || backendPort === undefined) return [];
    return [{ address, port, backend, backendPort }];
  });
}

/** What the program says when there was nothing to end. */
const NONE = '0 flow entries';

/** Has the kernel forget conversations, so that their next datagram is led anew. A failure is told, and ends nothing. */
export async function forgetFlows(network: HostNetwork, flows: readonly StaleFlow[], logger: Logger): Promise<void> {
  for (const { address, port, backend = address } of flows) {
    const to = address === undefined ? [] : ['--orig-dst', address];
    const from = backend === undefined ? [] : ['--reply-src', backend];
    try {
      await network.run('conntrack', ['-D', '-p', 'udp', '--orig-port-dst', port, ...to, ...from]);
    } catch (error) {
      if (error instanceof ProgramError && error.said.includes(NONE)) continue;
      logger.error({ err: error, address, port }, 'UDP clients go on talking to a backend that is gone');
    }
  }
}
