import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { ControlPlane } from '../plane/control-plane';
import { targetOf, type Fault } from './plan/faults';

/** What was done, and when: milliseconds of the clients' clock. */
export interface Inflicted {
  readonly fault: Fault;
  readonly from: number;
  readonly to: number;
}

/** Does what a plan says, each at its time; resolves when all is over and healed. Stops early when `signal` aborts. */
export async function inflict(
  plane: ControlPlane,
  faults: readonly Fault[],
  signal: AbortSignal,
): Promise<Inflicted[]> {
  setMaxListeners(faults.length + 10, signal);
  const started = performance.now();
  const waitUntil = (at: number): Promise<void> =>
    delay(Math.max(0, started + at - performance.now()), undefined, { signal });
  const item = async (fault: Fault): Promise<Inflicted | undefined> => {
    let from: number | undefined;
    try {
      await waitUntil(fault.at);
      from = performance.now();
      begin(plane, fault);
      await waitUntil(fault.at + fault.forMs);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      if (from !== undefined) end(plane, fault);
    }
    return from === undefined ? undefined : { fault, from, to: performance.now() };
  };
  const done = await Promise.all(faults.map(item));
  return done.filter((inflicted) => inflicted !== undefined);
}

function begin(plane: ControlPlane, fault: Fault): void {
  switch (fault.kind) {
    case 'kill':
      return plane.signal(fault.process, 'SIGKILL');
    case 'pause':
      return plane.signal(fault.process, 'SIGSTOP');
    case 'blackhole':
      return plane.link(fault.link).blackhole();
    case 'cut':
      return plane.link(fault.link).cut();
    case 'slow':
      return plane.link(fault.link).slow(fault.latencyMs);
  }
}

function end(plane: ControlPlane, fault: Fault): void {
  if (fault.kind === 'pause') plane.signal(fault.process, 'SIGCONT');
  else if ('link' in fault) plane.link(fault.link).heal();
}

/** One line for people. */
export function describeFault({ fault, from, to }: Inflicted): string {
  const latency = fault.kind === 'slow' ? ` by ${fault.latencyMs} ms` : '';
  return `[${from.toFixed(1)}, ${to.toFixed(1)}] ${fault.kind} ${targetOf(fault)}${latency}`;
}
