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

export const podDisruptionBudgets = defineKind<'poddisruptionbudgets.policy'>({
  resource: 'poddisruptionbudgets.policy',
  name: pathSegment,
  generation: 'spec',
  prepareCreate(draft) {
    draft.status = { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 };
  },
  rows: new FieldRules({
    'spec.minAvailable': amount,
    'spec.maxUnavailable': amount,
    'spec.selector': labelSelector,
    'spec.unhealthyPodEvictionPolicy': supported('IfHealthyBudget', 'AlwaysAllow'),
  }),
  validate({ spec = {} }, problems) {
    if (spec.minAvailable !== undefined && spec.maxUnavailable !== undefined) {
      problems.invalid('spec', spec, 'minAvailable and maxUnavailable cannot be both set');
    }
  },
  status: {
    rows: counters('disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'),
    validate: ({ status }, problems) => validateConditions(status?.conditions ?? [], 'status.conditions', problems),
  },
});
