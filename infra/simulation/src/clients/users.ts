import type { AnyCommand, BuiltIn } from '@shiplog/contracts';
import type { Random } from '../world/random';
import { BUDGETS, drawDisruption } from './disruptions';
import { WORKLOADS } from './workload-kinds';
import { drawWorkloadCommand } from './workloads';

/** Users who know one resource, and what goes with it. */
export interface Users {
  readonly resource: BuiltIn;
  /** A command of theirs: many are refused. */
  readonly draw: (random: Random) => Pick<AnyCommand, 'type' | 'data'>;
}

const USERS_OF_A_RUN = 2;

const USERS: readonly Users[] = [
  ...WORKLOADS.map((kind): Users => ({
    resource: kind.resource,
    draw: (random) => drawWorkloadCommand(random, kind),
  })),
  { resource: BUDGETS, draw: drawDisruption },
];

/** The users of one run: those of `resources`, or a few, so that much happens to what each of them asks for. */
export function drawUsers(random: Random, resources?: readonly string[]): readonly Users[] {
  if (resources !== undefined) return USERS.filter(({ resource }) => resources.includes(resource));
  const users = [...USERS];
  return Array.from({ length: USERS_OF_A_RUN }, () => users.splice(random.whole(0, users.length - 1), 1)).flat();
}
