import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Logger } from 'pino';
import type { ElementChange } from './element-book';

const run = promisify(execFile);

/** A UDP conversation that the kernel would go on sending to a backend that is gone. */
export interface StaleFlow {
  /** Undefined for a node port: any address of the node. */
  readonly address: string | undefined;
  readonly port: string;
  readonly backend: string;
}

/** UDP has no end that the kernel could see, so a changed slot leaves conversations behind. */
export function staleFlows(changes: readonly ElementChange[]): StaleFlow[] {
  return changes.flatMap(({ collection, key, before }) => {
    if (before === undefined || !collection.includes('_slot_')) return [];
    const parts = key.split(' . ');
    const [protocol, port] = parts.slice(-2);
    const backend = before.split(' . ')[0];
    if (protocol !== 'udp' || port === undefined || backend === undefined) return [];
    return [{ address: parts.length === 3 ? parts[0] : undefined, port, backend }];
  });
}

let missing = false;

/** Ends conversations by the `conntrack` program. Without it they end when they were silent for 30 to 120 seconds. */
export async function forgetFlows(flows: readonly StaleFlow[], logger: Logger): Promise<void> {
  for (const flow of flows) {
    if (missing) return;
    const where = ['-D', '-p', 'udp', '--orig-port-dst', flow.port, '--reply-src', flow.backend];
    try {
      await run('conntrack', flow.address === undefined ? where : [...where, '--orig-dst', flow.address]);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
        missing = true;
        logger.info('no conntrack program: UDP clients of a backend that is gone wait until their flow times out');
      } else if (!String((error as { stderr?: string }).stderr).includes('0 flow entries')) {
        logger.warn({ err: error, flow }, 'stale UDP flows could not be removed');
      }
    }
  }
}
