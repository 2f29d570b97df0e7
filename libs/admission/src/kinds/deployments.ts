import type { DeploymentSpec, DeploymentStrategy } from '@shiplog/contracts';
import { dnsSubdomain, type Problems, sameJson } from '@shiplog/apimachinery';
import { defaultPodTemplate, validateLastingTemplate } from '../pods/template';
import { atLeast } from '../rows/checks';
import { FieldRules } from '../rows/rows';
import { counters, validateCollisions, validateReplicaCounts } from '../workloads/counts';
import { goIntOrPercent, isNothing, validateAtMostAll, validateIntOrPercent } from '../workloads/int-or-percent';
import { validateSameSelector, validateSelection } from '../workloads/selected-template';
import { podNameWarnings, templateWarnings } from '../workloads/warnings';
import { defineKind, type Draft } from './kind';

const STRATEGIES = ['Recreate', 'RollingUpdate'];
const OWNER = { kind: 'deployment', unsound: 'invalid label selector' };

const specOf = ({ spec }: Draft<'deployments.apps'>): DeploymentSpec => spec ?? { selector: {}, template: {} };

function validateStrategy({ type = '', rollingUpdate }: DeploymentStrategy, problems: Problems): void {
  const at = 'spec.strategy';
  if (!STRATEGIES.includes(type)) problems.notSupported(at, { type, rollingUpdate }, STRATEGIES);
  if (type === 'Recreate' && rollingUpdate !== undefined) {
    problems.forbidden(`${at}.rollingUpdate`, "may not be specified when strategy `type` is 'Recreate'");
  }
  if (type !== 'RollingUpdate') return;
  const { maxUnavailable = 0, maxSurge = 0 } = rollingUpdate ?? {};
  validateIntOrPercent(maxUnavailable, `${at}.rollingUpdate.maxUnavailable`, problems);
  validateIntOrPercent(maxSurge, `${at}.rollingUpdate.maxSurge`, problems);
  if (isNothing(maxUnavailable) && isNothing(maxSurge)) {
    const rule = 'may not be 0 when `maxSurge` is 0';
    problems.invalid(`${at}.rollingUpdate.maxUnavailable`, goIntOrPercent(maxUnavailable), rule);
  }
  validateAtMostAll(maxUnavailable, `${at}.rollingUpdate.maxUnavailable`, problems);
}

export const deployments = defineKind<'deployments.apps'>({
  resource: 'deployments.apps',
  name: dnsSubdomain,
  // pkg/registry/apps/deployment/strategy.go: alone among the sets of pods.
  generation: 'spec or annotations',
  defaults(draft) {
    const spec = (draft.spec ??= specOf(draft));
    spec.replicas ??= 1;
    spec.strategy ??= {};
    spec.strategy.type ??= 'RollingUpdate';
    if (spec.strategy.type === 'RollingUpdate') {
      spec.strategy.rollingUpdate ??= {};
      spec.strategy.rollingUpdate.maxUnavailable ??= '25%';
      spec.strategy.rollingUpdate.maxSurge ??= '25%';
    }
    spec.revisionHistoryLimit ??= 10;
    spec.progressDeadlineSeconds ??= 600;
    defaultPodTemplate(spec.template);
  },
  prepareCreate(draft) {
    draft.status = {};
  },
  rows: new FieldRules({
    'spec.replicas': atLeast(0),
    'spec.minReadySeconds': atLeast(0),
    'spec.revisionHistoryLimit': atLeast(0),
    'spec.progressDeadlineSeconds': atLeast(0),
  }),
  validate(draft, problems, _ctx, before) {
    const spec = specOf(draft);
    if (spec === before?.spec) return;
    const { template, strategy = {}, minReadySeconds = 0, progressDeadlineSeconds } = spec;
    // An unchanged template was valid when it came in, and stricter rules of today must not lock the number of pods.
    if (validateSelection(spec, OWNER, problems) && !sameJson(template, before?.spec?.template)) {
      validateLastingTemplate(template, 'ReplicaSet', 'spec.template', problems);
    }
    validateStrategy(strategy, problems);
    if (progressDeadlineSeconds !== undefined && progressDeadlineSeconds <= minReadySeconds) {
      const rule = 'must be greater than minReadySeconds';
      problems.invalid('spec.progressDeadlineSeconds', progressDeadlineSeconds, rule);
    }
  },
  validateUpdate(draft, before, problems) {
    validateSameSelector(draft.spec?.selector, before.spec?.selector, problems);
  },
  status: {
    keeps: ['labels'],
    rows: counters(
      'observedGeneration',
      'replicas',
      'updatedReplicas',
      'readyReplicas',
      'availableReplicas',
      'unavailableReplicas',
      'collisionCount',
    ),
    validate({ status }, problems, before) {
      const counted = ['updatedReplicas', 'readyReplicas', 'availableReplicas'];
      validateReplicaCounts(status, counted, 'readyReplicas', problems);
      validateCollisions(status, before.status, problems);
    },
  },
  warnings: (deployment, before) => [
    ...(before === undefined ? podNameWarnings(deployment.metadata) : []),
    ...templateWarnings(deployment, before, deployment.spec?.template, 'spec.template'),
  ],
});
