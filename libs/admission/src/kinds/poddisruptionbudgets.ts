import type { PodDisruptionBudgetSpec } from '@shiplog/contracts';
import { pathSegment } from '@shiplog/apimachinery';
import { validateConditions } from '../metadata/conditions';
import { labelSelector, supported } from '../rows/checks';
import { FieldRules, type Check } from '../rows/rows';
import { counters } from '../workloads/counts';
import { type IntOrPercent, validateAtMostAll, validateIntOrPercent } from '../workloads/int-or-percent';
import { defineKind } from './kind';

/** A number of pods, or a part of those that the selector chooses. */
const amount: Check = (value, at, problems) => {
  if (value === undefined) return;
  validateIntOrPercent(value as IntOrPercent, at, problems);
  validateAtMostAll(value as IntOrPercent, at, problems);
};

const notBoth: Check = (spec, at, problems) => {
  const { minAvailable, maxUnavailable } = (spec ?? {}) as PodDisruptionBudgetSpec;
  if (minAvailable === undefined || maxUnavailable === undefined) return;
  problems.invalid(at, spec, 'minAvailable and maxUnavailable cannot be both set');
};

export const podDisruptionBudgets = defineKind<'poddisruptionbudgets.policy'>({
  resource: 'poddisruptionbudgets.policy',
  name: pathSegment,
  generation: 'spec',
  prepareCreate(draft) {
    draft.status = { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 };
  },
  rows: new FieldRules({
    spec: notBoth,
    'spec.minAvailable': amount,
    'spec.maxUnavailable': amount,
    'spec.selector': labelSelector,
    'spec.unhealthyPodEvictionPolicy': supported('IfHealthyBudget', 'AlwaysAllow'),
  }),
  status: {
    rows: counters('disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'),
    validate: ({ status }, problems) => validateConditions(status?.conditions ?? [], 'status.conditions', problems),
  },
});
