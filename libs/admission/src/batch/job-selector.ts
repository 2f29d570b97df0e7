import type { Job, JobSpec } from '@shiplog/contracts';
import { GoSyntax, matchesLabelSelector, type Problems } from '@shiplog/apimachinery';
import { validateLabelSelector } from '../pods/label-selector';
import { goSelector, isSoundSelector, validateChosen } from '../workloads/selected-template';

const UID = 'batch.kubernetes.io/controller-uid';
const NAME = 'batch.kubernetes.io/job-name';
const OLD_UID = 'controller-uid';
const OLD_NAME = 'job-name';

/** The labels by which a Job knows its pods, unless its author cares for that: also under the names of earlier times. */
function labelsOf({ metadata: { name = '', uid = '' } }: Job): Record<string, string> {
  return { [OLD_UID]: uid, [OLD_NAME]: name, [UID]: uid, [NAME]: name };
}

/** Labels the pods of a new Job, and has it select them; what its author gave stays, and is refused if it is wrong. */
export function generateSelector(job: Job, spec: JobSpec): void {
  if (spec.manualSelector === true) return;
  const { metadata } = spec.template;
  spec.template.metadata = { ...metadata, labels: { ...labelsOf(job), ...metadata?.labels } };
  const uid = job.metadata.uid ?? '';
  spec.selector = { ...spec.selector, matchLabels: { [UID]: uid, ...spec.selector?.matchLabels } };
}

/**
 * Kubernetes' rules for the selector of a Job. `before` is there on an update: a Job from before the labels had a prefix
 * does without.
 */
export function validateJobSelector(job: Job, spec: JobSpec, before: JobSpec | undefined, problems: Problems): void {
  const { selector, template, manualSelector } = spec;
  if (manualSelector !== true && selector !== undefined) validateGenerated(job, spec, before, problems);
  if (selector === undefined) problems.required('spec.selector');
  else validateLabelSelector(selector, 'spec.selector', problems);
  if (selector === undefined || isSoundSelector(selector)) {
    validateChosen(selector, template, 'spec.template', problems);
  }
}

function validateGenerated(
  job: Job,
  { selector, template }: JobSpec,
  before: JobSpec | undefined,
  problems: Problems,
): void {
  const expected = labelsOf(job);
  const earlier = before?.template.metadata?.labels;
  if (before !== undefined && (earlier?.[NAME] === undefined || earlier[UID] === undefined)) {
    delete expected[UID];
    delete expected[NAME];
  }
  const labels = template.metadata?.labels ?? {};
  for (const [key, value] of Object.entries(expected)) {
    const at = `spec.template.metadata.labels[${key}]`;
    if (!Object.hasOwn(labels, key)) problems.required(at, `must be '${value}'`);
    else if (labels[key] !== value) problems.invalid(at, GoSyntax.map(labels), `must be '${value}'`);
  }
  if (selector !== undefined && isSoundSelector(selector) && !matchesLabelSelector(selector, expected)) {
    problems.invalid('spec.selector', goSelector(selector), '`selector` not auto-generated');
  }
}
