import type { Bus } from '@shiplog/bus';
import type { Figure } from '../figures';
import type { Rate } from '../load/jobs';
import type { ControlPlane } from '../parts/control-plane';

/** How much is asked of a run: seconds and repetitions are multiplied by it. */
export interface Effort {
  readonly share: number;
}

/** What the benches of one control plane share. */
export interface Bed {
  readonly plane: ControlPlane;
  readonly bus: Bus;
  readonly effort: Effort;
}

/** One measurement; what it needs, it makes itself, so that it can run alone. */
export interface Bench {
  /** What `--only` names it by. */
  readonly name: string;
  run(bed: Bed): Promise<Figure[]>;
}

/** The part of a figure that a rate gives. */
export function figureOf(rate: Rate): Pick<Figure, 'value' | 'unit' | 'errors' | 'details'> {
  return {
    value: rate.perSecond,
    unit: '/s',
    errors: rate.errors,
    details: { 'p50 ms': rate.p50, 'p99 ms': rate.p99 },
  };
}

export function timesOf({ done }: Rate): number {
  return done;
}

/** Megabytes, as the reference counts them. */
export const MEGABYTE = 1e6;
