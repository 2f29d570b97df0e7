import { ProgramError, type HostNetwork } from '@shiplog/hostnet';
import type { Logger } from 'pino';
import type { ElementChange } from './element-ownership';

/** A UDP conversation that the kernel would go on sending to a backend that is gone. */
export interface StaleFlow {
  /** Undefined for a node port: any address of the node. */
  readonly address: string | undefined;
  readonly port: string;
  /** Undefined: it began when there was no backend, and goes to the address itself, where nobody is. */
  readonly backend: string | undefined;
}

/**
 * UDP has no end that the kernel could see: a slot that changed or went leaves conversations behind, and the first slot of an
 * address finds those that began without one (Kubernetes #48370).
 */
export function staleFlows(changes: readonly ElementChange[]): StaleFlow[] {
  return changes.flatMap(({ collection, key, before }) => {
    const parts = key.split(' . ');
    const [protocol, port] = parts.slice(-2);
    if (protocol !== 'udp' || port === undefined || !collection.includes('_slot_')) return [];
    const address = parts.length === 3 ? parts[0] : undefined;
    if (before !== undefined) return [{ address, port, backend: before.split(' . ')[0] }];
    return address !== undefined && collection.endsWith('_slot_0') ? [{ address, port, backend: undefined }] : [];
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
