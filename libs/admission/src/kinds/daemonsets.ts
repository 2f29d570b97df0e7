import type { DaemonSetSpec, DaemonSetUpdateStrategy, ObjectMeta } from '@shiplog/contracts';
import { dnsSubdomain, type Problems, sameJson } from '@shiplog/apimachinery';
import { validateLabelSelector } from '../pods/label-selector';
import { defaultPodTemplate, validateLastingTemplate } from '../pods/template';
import { atLeast } from '../rows/checks';
import { FieldRules } from '../rows/rows';
import { counters, validateCollisions } from '../workloads/counts';
import { goIntOrPercent, isNothing, validateAtMostAll, validateIntOrPercent } from '../workloads/int-or-percent';
import {
  goSelector,
  isEmptySelector,
  isSoundSelector,
  validateChosen,
  validateSameSelector,
} from '../workloads/selected-template';
import { templateWarnings } from '../workloads/warnings';
import { defineKind, type Draft } from './kind';

const STRATEGIES = ['RollingUpdate', 'OnDelete'];

/** How often the template has changed: a field of older versions of the API, which v1 has as an annotation. */
const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';

const specOf = ({ spec }: Draft<'daemonsets.apps'>): DaemonSetSpec => spec ?? { selector: {}, template: {} };

function templateGenerationOf({ annotations = {} }: ObjectMeta): number {
  const text = annotations[TEMPLATE_GENERATION] ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : 0;
}

function setTemplateGeneration(metadata: ObjectMeta, generation: number): void {
  metadata.annotations = { ...metadata.annotations, [TEMPLATE_GENERATION]: String(generation) };
}

function validateStrategy({ type = '', rollingUpdate }: DaemonSetUpdateStrategy, problems: Problems): void {
  const at = 'spec.updateStrategy';
  if (!STRATEGIES.includes(type)) problems.notSupported(at, { type, rollingUpdate }, STRATEGIES);
  if (type !== 'RollingUpdate') return;
  const { maxUnavailable = 0, maxSurge = 0 } = rollingUpdate ?? {};
  const places = [
    [maxUnavailable, `${at}.rollingUpdate.maxUnavailable`],
    [maxSurge, `${at}.rollingUpdate.maxSurge`],
  ] as const;
  for (const [value, place] of places) validateIntOrPercent(value, place, problems);
  for (const [value, place] of places) validateAtMostAll(value, place, problems);
  if (!isNothing(maxUnavailable) && !isNothing(maxSurge)) {
    const rule = 'may not be set when maxUnavailable is non-zero';
    problems.invalid(`${at}.rollingUpdate.maxSurge`, goIntOrPercent(maxSurge), rule);
  } else if (isNothing(maxUnavailable) && isNothing(maxSurge)) {
    problems.required(`${at}.rollingUpdate.maxUnavailable`, 'cannot be 0 when maxSurge is 0');
  }
}

function validateSelector({ selector, template }: DaemonSetSpec, problems: Problems): void {
  // Kubernetes does not ask for a selector as such: without one, no template is chosen.
  const given = selector as DaemonSetSpec['selector'] | undefined;
  if (given !== undefined) validateLabelSelector(given, 'spec.selector', problems);
  if (given === undefined || isSoundSelector(given)) validateChosen(given, template, 'spec.template', problems);
  if (given !== undefined && isEmptySelector(given)) {
    problems.invalid('spec.selector', goSelector(given), 'empty selector is invalid for daemonset');
  }
}

export const daemonSets = defineKind<'daemonsets.apps'>({
  resource: 'daemonsets.apps',
  name: dnsSubdomain,
  generation: 'spec',
  defaults(draft) {
    const spec = (draft.spec ??= specOf(draft));
    spec.updateStrategy ??= {};
    spec.updateStrategy.type ??= 'RollingUpdate';
    if (spec.updateStrategy.type === 'RollingUpdate') {
      spec.updateStrategy.rollingUpdate ??= {};
      spec.updateStrategy.rollingUpdate.maxUnavailable ??= 1;
      spec.updateStrategy.rollingUpdate.maxSurge ??= 0;
    }
    spec.revisionHistoryLimit ??= 10;
    defaultPodTemplate(spec.template);
  },
  prepareCreate(draft) {
    draft.status = { currentNumberScheduled: 0, desiredNumberScheduled: 0, numberMisscheduled: 0, numberReady: 0 };
    setTemplateGeneration(draft.metadata, Math.max(1, templateGenerationOf(draft.metadata)));
  },
  prepareUpdate(draft, before) {
    const hasChanged = !sameJson(draft.spec?.template, before.spec?.template);
    setTemplateGeneration(draft.metadata, templateGenerationOf(before.metadata) + (hasChanged ? 1 : 0));
  },
  rows: new FieldRules({ 'spec.minReadySeconds': atLeast(0), 'spec.revisionHistoryLimit': atLeast(0) }),
  validate(draft, problems, _ctx, before) {
    const spec = specOf(draft);
    if (spec === before?.spec) return;
    validateSelector(spec, problems);
    // An unchanged template was valid when it came in, and stricter rules of today must not lock the others.
    if (!sameJson(spec.template, before?.spec?.template)) {
      validateLastingTemplate(spec.template, 'DaemonSet', 'spec.template', problems);
    }
    validateStrategy(spec.updateStrategy ?? {}, problems);
  },
  validateUpdate(draft, before, problems) {
    validateSameSelector(draft.spec?.selector, before.spec?.selector, problems);
  },
  status: {
    // A field of the spec to Kubernetes, whatever the annotations are that come with a status.
    defaults: (draft, before) => setTemplateGeneration(draft.metadata, templateGenerationOf(before.metadata)),
    rows: counters(
      'currentNumberScheduled',
      'numberMisscheduled',
      'desiredNumberScheduled',
      'numberReady',
      'observedGeneration',
      'updatedNumberScheduled',
      'numberAvailable',
      'numberUnavailable',
      'collisionCount',
    ),
    validate: ({ status }, problems, before) => validateCollisions(status, before.status, problems),
  },
  warnings: (set, before) => templateWarnings(set, before, set.spec?.template, 'spec.template'),
});
