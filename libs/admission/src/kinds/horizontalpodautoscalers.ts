import type { HorizontalPodAutoscalerBehavior, HorizontalPodAutoscalerSpec, HPAScalingRules } from '@shiplog/contracts';
import { dnsSubdomain } from '@shiplog/apimachinery';
import { validateBehavior } from '../autoscaling/behavior';
import { validateMetrics } from '../autoscaling/metrics';
import { validateReference } from '../autoscaling/reference';
import { atLeast } from '../rows/checks';
import { FieldRules } from '../rows/rows';
import { defineKind, type Draft } from './kind';

const CPU_UTILIZATION = 80;
const PERIOD_SECONDS = 15;
const EVERYTHING = { type: 'Percent', value: 100, periodSeconds: PERIOD_SECONDS };

const specOf = ({ spec }: Draft<'horizontalpodautoscalers.autoscaling'>): HorizontalPodAutoscalerSpec =>
  spec ?? { maxReplicas: 0, scaleTargetRef: { kind: '', name: '' } };

/** Kubernetes' defaults of how fast the number of pods goes up and down, where any of that is given. */
function defaultBehavior(behavior: HorizontalPodAutoscalerBehavior): void {
  const defaultRules = (given: HPAScalingRules = {}, policies: HPAScalingRules['policies']): HPAScalingRules => {
    const rules = { selectPolicy: 'Max', policies, ...given };
    // Not read by any controller yet, as in Kubernetes without HPAConfigurableTolerance.
    delete rules.tolerance;
    return rules;
  };
  const pods = { type: 'Pods', value: 4, periodSeconds: PERIOD_SECONDS };
  behavior.scaleUp = defaultRules(behavior.scaleUp, [pods, { ...EVERYTHING }]);
  behavior.scaleUp.stabilizationWindowSeconds ??= 0;
  behavior.scaleDown = defaultRules(behavior.scaleDown, [{ ...EVERYTHING }]);
}

export const horizontalPodAutoscalers = defineKind<'horizontalpodautoscalers.autoscaling'>({
  resource: 'horizontalpodautoscalers.autoscaling',
  name: dnsSubdomain,
  generation: 'none',
  defaults(draft) {
    const spec = (draft.spec ??= specOf(draft));
    spec.minReplicas ??= 1;
    if ((spec.metrics ?? []).length === 0) {
      const target = { type: 'Utilization', averageUtilization: CPU_UTILIZATION };
      spec.metrics = [{ type: 'Resource', resource: { name: 'cpu', target } }];
    }
    if (spec.behavior !== undefined) defaultBehavior(spec.behavior);
  },
  prepareCreate(draft) {
    draft.status = { desiredReplicas: 0 };
  },
  validate(draft, problems, _ctx, before) {
    const spec = specOf(draft);
    if (spec === before?.spec) return;
    const { minReplicas = 1, maxReplicas, scaleTargetRef, metrics = [], behavior = {} } = spec;
    // One that could always go down to nothing may stay so.
    const least = before?.spec?.minReplicas === 0 ? 0 : 1;
    if (minReplicas < least) {
      problems.invalid('spec.minReplicas', minReplicas, `must be greater than or equal to ${least}`);
    }
    if (maxReplicas < 1) problems.invalid('spec.maxReplicas', maxReplicas, 'must be greater than 0');
    if (maxReplicas < minReplicas) {
      problems.invalid('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`');
    }
    validateReference(scaleTargetRef, 'spec.scaleTargetRef', problems);
    validateMetrics(metrics, 'spec.metrics', problems);
    if (minReplicas === 0 && !metrics.some(({ type }) => type === 'Object' || type === 'External')) {
      const rule = 'must specify at least one Object or External metric to support scaling to zero replicas';
      problems.forbidden('spec.metrics', rule);
    }
    validateBehavior(behavior, 'spec.behavior', problems);
  },
  status: { rows: new FieldRules({ 'status.currentReplicas': atLeast(0), 'status.desiredReplicas': atLeast(0) }) },
});
