import type { ReadonlyCluster } from '@shiplog/cluster';
import { matchesLabelSelector } from '@shiplog/apimachinery';
import { splitKey, type ObjectOf } from '@shiplog/contracts';
import { isPodReady } from '../../../../services/controller/src/domain/pods';
import type { PlannedCommand } from '../../../../services/controller/src/runtime/domain/controller';
import { Violation } from './violation';
import type { WorkloadRule } from './workload';

type Budget = ObjectOf<'poddisruptionbudgets.policy'>;

const BUDGETS = 'poddisruptionbudgets.policy';

/** Of PodDisruptionBudgets: what they allow is what their pods can spare. */
export const DISRUPTIONS: WorkloadRule = {
  checkAtRest(state) {
    for (const budget of state.list(BUDGETS)) checkAtRest(budget, state);
  },
  excessOf(key, state, plan) {
    const { namespace, name } = splitKey(key);
    const budget = state.get(BUDGETS, namespace, name);
    return budget === undefined ? 'it is not there' : excessOf(budget, state, plan);
  },
};

function checkAtRest(budget: Budget, state: ReadonlyCluster): void {
  const { metadata, status = {} } = budget;
  const fail = (detail: string): never => {
    throw new Violation('a budget tells how many of its pods may go', `${metadata.name} ${detail}`);
  };
  if (status.observedGeneration !== metadata.generation) return fail(`tells of ${status.observedGeneration}`);
  const { currentHealthy: healthy = 0, disruptionsAllowed: allowed = 0 } = status;
  const there = healthyOf(budget, state);
  if (healthy !== there) return fail(`tells of ${healthy} healthy pods of ${there}`);
  const spare = Math.max(0, there - wantedOf(budget));
  // One without pods allows none: the first may come before they are counted.
  if (allowed !== spare && (status.expectedPods ?? 0) > 0) return fail(`allows ${allowed} disruptions of ${spare}`);
}

function excessOf(budget: Budget, state: ReadonlyCluster, plan: readonly PlannedCommand[]): string | undefined {
  for (const { type, data } of plan) {
    if (type !== 'PatchObject' || data.resource !== BUDGETS) continue;
    const { status = {} } = data.patch as Budget;
    const { currentHealthy = 0, disruptionsAllowed = 0 } = status;
    const there = healthyOf(budget, state);
    // What could not be counted is told as it was counted before, and allows nothing.
    const isCounted = !status.conditions?.some(({ reason }) => reason === 'SyncFailed');
    if (isCounted && currentHealthy > there) return `tells of ${currentHealthy} healthy pods of ${there}`;
    const spare = Math.max(0, there - wantedOf({ ...budget, status }));
    if (disruptionsAllowed > spare) return `allows ${disruptionsAllowed} disruptions of ${spare}`;
  }
  return undefined;
}

/** How many pods are to stay: as the budget says, or as its controller has counted a part of them. */
function wantedOf({ spec, status }: Budget): number {
  return typeof spec?.minAvailable === 'number' ? spec.minAvailable : (status?.desiredHealthy ?? 0);
}

function healthyOf({ metadata, spec }: Budget, state: ReadonlyCluster): number {
  return state
    .list('pods', metadata.namespace)
    .filter((pod) => matchesLabelSelector(spec?.selector, pod.metadata.labels))
    .filter((pod) => pod.metadata.deletionTimestamp === undefined && isPodReady(pod)).length;
}
