import type { HostNetwork } from '@shiplog/hostnet';
import { mayConcern, monitorCommand } from '../domain/kernel-events';

/** What somebody does to the kernel comes in several steps, and so do the agent's own corrections. */
const SETTLING_MS = 200;

/** Tells when links, addresses or routes may be otherwise than they were left, until it is stopped. */
export function watchKernel(
  network: Pick<HostNetwork, 'follow'>,
  changed: () => void,
  { isDualStack = false } = {},
): { stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  const [program, ...args] = monitorCommand({ isDualStack });
  const followed = network.follow(program, args, (line) => {
    if (line !== undefined && !mayConcern(line)) return;
    timer ??= setTimeout(() => {
      timer = undefined;
      changed();
    }, SETTLING_MS);
  });
  return {
    stop: () => {
      clearTimeout(timer);
      followed.stop();
    },
  };
}
