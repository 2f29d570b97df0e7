import type { AnyCommand } from '@shiplog/contracts';
import type { Random } from '../world/random';
import { PLAIN, plainPod } from './plain-pods';

type Drawn = Pick<AnyCommand, 'type' | 'data'>;

export const BUDGETS = 'poddisruptionbudgets.policy';
const NAMESPACE = 'default';
const BUDGET = 'keep-some';
/** Few, so that most of those that are evicted are there. */
const PODS = ['p1', 'p2', 'p3', 'p4'];
/** Of StatefulSets alone users know the pods' names beforehand. */
const SETS = ['w1', 'w2'];

/** What those do who empty nodes, and those who would keep them from it: pods come, are evicted, and budgets say how many stay. */
export function drawDisruption(random: Random): Drawn {
  const share = random.share();
  if (share < 0.42) return plainPod(random, NAMESPACE, random.pick(PODS));
  if (share < 0.55) return drawBudgetCommand(random);
  if (share < 0.9) return eviction(random.pick(PODS));
  const set = random.pick(SETS);
  return random.chance(0.4) ? setBudget(set) : eviction(`${set}-${random.whole(0, 1)}`);
}

export function eviction(name: string): Drawn {
  return { type: 'EvictPod', data: { namespace: NAMESPACE, name } };
}

/** How many of the users' own pods are to stay when others are evicted. */
export function drawBudgetCommand(random: Random): Drawn {
  const key = { resource: BUDGETS, namespace: NAMESPACE, name: BUDGET } as const;
  const minAvailable = random.whole(1, 3);
  if (random.chance(0.2)) return { type: 'DeleteObject', data: key };
  if (random.chance(0.3))
    return { type: 'PatchObject', data: { ...key, patchType: 'merge', patch: { spec: { minAvailable } } } };
  return budget(BUDGET, { minAvailable, selector: { matchLabels: PLAIN } });
}

/** One pod of a StatefulSet at a time. */
function setBudget(set: string): Drawn {
  return budget(`keep-${set}`, {
    maxUnavailable: 1,
    selector: { matchLabels: { app: `statefulsets.apps-${set}` } },
  });
}

function budget(name: string, spec: object): Drawn {
  const object = { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name }, spec };
  return { type: 'CreateObject', data: { resource: BUDGETS, namespace: NAMESPACE, object } };
}
