import type { Job, JobSpec, PodSpec, PodTemplateSpec } from '@shiplog/contracts';
import { dnsLabel, dnsSubdomain, type Problems, sameJson } from '@shiplog/apimachinery';
import { generateSelector, validateJobSelector } from '../batch/job-selector';
import { validateJobSpec } from '../batch/job-spec';
import { validateJobStatus } from '../batch/job-status';
import { defaultPodFailurePolicy } from '../batch/pod-failure-policy';
import { defaultPodTemplate } from '../pods/template';
import { immutable } from '../rows/checks';
import { FieldRules } from '../rows/rows';
import { goSelector } from '../workloads/selected-template';
import { podNameWarnings, templateWarnings } from '../workloads/warnings';
import { defineKind } from './kind';

const BACKOFF_LIMIT = 6;
const NO_LIMIT = 2 ** 31 - 1;
const TRACKED_COMPLETIONS = 100_000;
const TRACKED_PARALLELISM = 10_000;
const UNTRACKED =
  'In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail';

const specOf = ({ spec }: Job): JobSpec => spec ?? { template: {} };

function defaultSpec(spec: JobSpec): void {
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? BACKOFF_LIMIT : NO_LIMIT;
  spec.completionMode ??= 'NonIndexed';
  spec.suspend ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed';
  spec.manualSelector ??= false;
  defaultPodFailurePolicy(spec.podFailurePolicy);
  defaultPodTemplate(spec.template);
}

/** The pods of an indexed Job are called by its name and their index, as hosts are. */
function validateHostNames({ metadata: { name = '' }, spec }: Job, problems: Problems): void {
  const { completionMode, completions = 0 } = spec ?? {};
  if (completionMode !== 'Indexed' || completions <= 0) return;
  const longest = `${name}-${completions - 1}`;
  if (dnsLabel(longest).length === 0) return;
  problems.invalid('metadata.name', name, `will not able to create pod with invalid DNS label: ${longest}`);
}

/** Where pods may run, until the first has started: schedulers of queues decide it while the Job is suspended. */
const SCHEDULING: readonly (keyof PodSpec)[] = ['nodeSelector', 'tolerations', 'schedulingGates'];

function withoutScheduling({ metadata = {}, spec = { containers: [] } }: PodTemplateSpec): object {
  const { labels: _labels, annotations: _annotations, ...others } = metadata;
  const { affinity: { nodeAffinity: _nodes, ...affinity } = {}, ...rest } = spec;
  const fixed: object = { ...rest, ...(Object.keys(affinity).length === 0 ? {} : { affinity }) };
  for (const field of SCHEDULING) delete (fixed as PodSpec)[field];
  return { metadata: others, spec: fixed };
}

function validateChange(job: Job, before: Job, problems: Problems): void {
  const [spec, old] = [specOf(job), specOf(before)];
  if (!sameJson(spec.completions, old.completions)) {
    if (spec.completionMode !== 'Indexed') problems.invalid('spec.completions', spec.completions, 'field is immutable');
    else if (spec.completions !== undefined && spec.completions !== spec.parallelism) {
      const rule = 'can only be modified in tandem with spec.parallelism';
      problems.invalid('spec.completions', spec.completions, rule);
    }
  }
  if (!sameJson(spec.selector, old.selector)) {
    problems.invalid('spec.selector', goSelector(spec.selector), 'field is immutable');
  }
  const isOpen = old.suspend === true && before.status?.startTime === undefined;
  const fixed = isOpen ? withoutScheduling : (template: PodTemplateSpec) => template;
  if (!sameJson(fixed(spec.template), fixed(old.template))) {
    problems.invalid('spec.template', spec.template, 'field is immutable');
  }
}

export const jobs = defineKind<'jobs.batch'>({
  resource: 'jobs.batch',
  name: dnsSubdomain,
  generation: 'spec',
  fields: { 'status.successful': ({ status }) => status?.succeeded ?? 0 },
  defaults(draft) {
    const spec = (draft.spec ??= specOf(draft));
    defaultSpec(spec);
    const { labels } = spec.template.metadata ?? {};
    if (labels !== undefined && draft.metadata.labels === undefined) draft.metadata.labels = { ...labels };
  },
  prepareCreate(draft) {
    draft.status = {};
    const spec = specOf(draft);
    const { labels } = draft.metadata;
    const hasOwnLabels = labels !== undefined && !sameJson(labels, spec.template.metadata?.labels);
    generateSelector(draft, spec);
    // The labels that its pods get now are those of a Job without any, as Kubernetes reads it back.
    const podLabels = spec.template.metadata?.labels;
    if (!hasOwnLabels && podLabels !== undefined) draft.metadata.labels = { ...podLabels };
  },
  rows: new FieldRules({
    'spec.completionMode': immutable,
    'spec.podFailurePolicy': immutable,
    'spec.backoffLimitPerIndex': immutable,
    'spec.managedBy': immutable,
    'spec.successPolicy': immutable,
  }),
  validate(draft, problems, _ctx, before) {
    const spec = specOf(draft);
    if (spec === before?.spec) return;
    validateJobSelector(draft, spec, before?.spec, problems);
    validateJobSpec(spec, 'spec', problems, { isTemplateSound: sameJson(spec.template, before?.spec?.template) });
    validateHostNames(draft, problems);
  },
  validateUpdate: (draft, before, problems) => validateChange(draft, before, problems),
  status: { validate: validateJobStatus },
  warnings(job, before) {
    const { completionMode, completions = 0, parallelism = 0 } = specOf(job);
    const isUntracked =
      completionMode === 'Indexed' && completions > TRACKED_COMPLETIONS && parallelism > TRACKED_PARALLELISM;
    return [
      ...(before === undefined ? podNameWarnings(job.metadata) : []),
      ...(isUntracked ? [UNTRACKED] : []),
      ...templateWarnings(job, before, job.spec?.template, 'spec.template'),
    ];
  },
});
