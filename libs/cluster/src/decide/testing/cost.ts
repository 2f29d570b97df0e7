import type { AnyCommand, ObjectKey } from '@shiplog/contracts';
import { decide } from '..';
import type { Adversary } from './adversaries';
import { SETTINGS } from './given';

/** What it cost to decide an input. */
export interface Cost {
  /** Of the command, and of the object that it is about. */
  readonly bytes: number;
  /** Of the processor, so that other processes don't count; the least of the runs. */
  readonly millis: number;
}

/** Decides an adversary's input of about so many bytes several times. */
export function costOf(adversary: Adversary, bytes: number, runs: number): Cost {
  const { at, asked } = adversary.make(bytes);
  const command = JSON.parse(JSON.stringify({ id: 'c', actor: 'admin', ...asked })) as AnyCommand;
  const metadata = { time: '2026-01-02T00:00:00.000Z', uid: 'uid-x', position: at.log.length, settings: SETTINGS };
  let millis = Infinity;
  for (let run = 0; run < runs; run++) {
    const before = process.cpuUsage();
    decide(at.state, command, metadata);
    const { user, system } = process.cpuUsage(before);
    millis = Math.min(millis, (user + system) / 1000);
  }
  const { resource, namespace = '', name = '' } = command.data as Partial<ObjectKey>;
  const object = resource === undefined ? undefined : at.get(resource, namespace, name);
  return { bytes: Buffer.byteLength(JSON.stringify([command, object])), millis };
}

/** Below this many milliseconds the clock and the collector of garbage say more than the input. */
const NOISE_MS = 5;

/**
 * How much more four times the input costs: about 4 when the cost follows from the size, 16 and more when it follows from its
 * square. What costs next to nothing grows by nothing.
 */
export function growthOf(small: Cost, large: Cost): number {
  return large.millis / Math.max(small.millis, NOISE_MS) / (large.bytes / (4 * small.bytes));
}
