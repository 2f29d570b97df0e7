import type { CronJobSpec } from '@shiplog/contracts';
import { dnsSubdomain, type Problems, sameJson } from '@shiplog/apimachinery';
import { isTimeZone, parseSchedule } from '@shiplog/kube';
import { validateJobSpec } from '../batch/job-spec';
import { defaultPodFailurePolicy } from '../batch/pod-failure-policy';
import { defaultPodTemplate } from '../pods/template';
import { atLeast, required, supported } from '../rows/checks';
import { FieldRules } from '../rows/rows';
import { goSelector } from '../workloads/selected-template';
import { podNameWarnings, templateWarnings } from '../workloads/warnings';
import { defineKind, type Draft } from './kind';

/** Its Jobs are called by its name, a dash and ten digits. */
const MAX_NAME = 52;
const ZONE_PART = /^[A-Za-z._0-9+-]{1,14}$/;
const ZONED =
  'CRON_TZ or TZ used in spec.schedule is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details';

const specOf = ({ spec }: Draft<'cronjobs.batch'>): CronJobSpec => spec ?? { schedule: '', jobTemplate: {} };

function validateSchedule(
  { schedule, timeZone }: CronJobSpec,
  before: CronJobSpec | undefined,
  problems: Problems,
): void {
  const at = 'spec.schedule';
  if (schedule === '') return;
  const parsed = parseSchedule(schedule);
  if (typeof parsed === 'string') problems.invalid(at, schedule, parsed);
  if (!schedule.includes('TZ')) return;
  // It was once accepted there, and may stay.
  if (before?.schedule.includes('TZ') !== true) {
    problems.invalid(at, schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead');
  } else if (timeZone !== undefined) {
    problems.invalid(at, schedule, 'cannot use both timeZone field and TZ or CRON_TZ in schedule');
  }
}

function validateTimeZone(name: string | undefined, problems: Problems): void {
  const at = 'spec.timeZone';
  if (name === undefined) return;
  const isPart = (part: string): boolean =>
    part !== '.' && part !== '..' && !part.startsWith('-') && ZONE_PART.test(part);
  if (name === '') problems.invalid(at, name, 'timeZone must be nil or non-empty string');
  else if (!name.split('/').every(isPart)) problems.invalid(at, name, `unknown time zone ${name}`);
  else if (name.toLowerCase() === 'local') {
    const rule = 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones';
    problems.invalid(at, name, rule);
  } else if (!isTimeZone(name)) problems.invalid(at, name, `unknown time zone ${name}`);
}

function validateJobTemplate({ jobTemplate }: CronJobSpec, before: CronJobSpec | undefined, problems: Problems): void {
  const at = 'spec.jobTemplate.spec';
  const spec = jobTemplate.spec ?? { template: {} };
  const isTemplateSound = sameJson(spec.template, before?.jobTemplate.spec?.template);
  validateJobSpec(spec, at, problems, { isTemplateSound });
  if (spec.selector !== undefined) {
    problems.invalid(`${at}.selector`, goSelector(spec.selector), '`selector` will be auto-generated');
  }
  if (spec.manualSelector === true) problems.notSupported(`${at}.manualSelector`, true, ['nil', 'false']);
}

export const cronJobs = defineKind<'cronjobs.batch'>({
  resource: 'cronjobs.batch',
  name: dnsSubdomain,
  generation: 'spec',
  defaults(draft) {
    const spec = (draft.spec ??= specOf(draft));
    spec.concurrencyPolicy ??= 'Allow';
    spec.suspend ??= false;
    spec.successfulJobsHistoryLimit ??= 3;
    spec.failedJobsHistoryLimit ??= 1;
    const made = (spec.jobTemplate.spec ??= { template: {} });
    defaultPodFailurePolicy(made.podFailurePolicy);
    defaultPodTemplate(made.template);
  },
  prepareCreate(draft) {
    draft.status = {};
  },
  rows: new FieldRules({
    'spec.schedule': required(),
    'spec.startingDeadlineSeconds': atLeast(0),
    'spec.concurrencyPolicy': supported('Allow', 'Forbid', 'Replace'),
    'spec.successfulJobsHistoryLimit': atLeast(0),
    'spec.failedJobsHistoryLimit': atLeast(0),
  }),
  validate(draft, problems, _ctx, before) {
    const spec = specOf(draft);
    const { name = '' } = draft.metadata;
    if (before === undefined && name.length > MAX_NAME) {
      problems.invalid('metadata.name', name, 'must be no more than 52 characters');
    }
    if (spec === before?.spec) return;
    validateSchedule(spec, before?.spec, problems);
    if (spec.timeZone !== before?.spec?.timeZone) validateTimeZone(spec.timeZone, problems);
    validateJobTemplate(spec, before?.spec, problems);
  },
  warnings: (cronJob, before) => [
    ...(before === undefined ? podNameWarnings(cronJob.metadata) : []),
    ...templateWarnings(cronJob, before, cronJob.spec?.jobTemplate.spec?.template, 'spec.jobTemplate.spec.template'),
    ...(cronJob.spec?.schedule.includes('TZ') === true ? [ZONED] : []),
  ],
});
