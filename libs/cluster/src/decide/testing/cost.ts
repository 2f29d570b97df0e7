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

/** What an input and one of four times its size cost, of the round in which they were nearest to each other. */
export interface Growth {
  /** About 4 when the cost follows from the size, 16 and more when it follows from its square. */
  readonly times: number;
  readonly large: Cost;
}

/** As many as it takes for a cost that follows from the size to show on a machine that others use too. */
const ROUNDS = 6;

/**
 * How much more four times the input costs; what costs next to nothing grows by nothing. Measured again, a few times, while it is
 * more than `limit`: a machine that is slow for a second is slow in one round, an input that costs its square in every one.
 */
export function growthOf(adversary: Adversary, bytes: number, limit: number): Growth {
  // Once before, so that neither of the two pays for what is compiled.
  costOf(adversary, bytes / 10, 5);
  let least: Growth | undefined;
  for (let round = 0; round < ROUNDS && (least === undefined || least.times >= limit); round++) {
    const small = costOf(adversary, bytes, 3);
    const large = costOf(adversary, 4 * bytes, 3);
    const times = large.millis / Math.max(small.millis, NOISE_MS) / (large.bytes / (4 * small.bytes));
    if (least === undefined || times < least.times) least = { times, large };
  }
  return least!;
}
