import { builtIn } from '@shiplog/contracts';
import { created } from '../testing/builders';
import { anObject, aTemplate, wrongWith, wrongWithChange } from '../testing/workloads';
import { warningsOf } from '../warnings';

const negative = (field: string) => `spec.${field}: Invalid value: -1: must be greater than or equal to 0`;

describe('a cron job', () => {
  const cronJobs = 'cronjobs.batch';
  const made = { template: { spec: { ...(aTemplate()['spec'] as object), restartPolicy: 'OnFailure' } } };
  const cronJob = (spec: Record<string, unknown> = {}, metadata = {}) =>
    anObject(cronJobs, { spec: { schedule: '@daily', jobTemplate: { spec: made }, ...spec } }, metadata);

  it('has its defaults', () => {
    expect(created(cronJobs, cronJob())).toMatchObject({
      metadata: { generation: 1 },
      spec: {
        concurrencyPolicy: 'Allow',
        suspend: false,
        successfulJobsHistoryLimit: 3,
        failedJobsHistoryLimit: 1,
        jobTemplate: { spec: { template: { spec: { dnsPolicy: 'ClusterFirst' } } } },
      },
      status: {},
    });
  });

  it.each<[Record<string, unknown>, string[]]>([
    [{ schedule: '' }, ['spec.schedule: Required value']],
    [
      { schedule: '99 * * * *' },
      ['spec.schedule: Invalid value: "99 * * * *": end of range (99) above maximum (59): 99'],
    ],
    [
      { schedule: 'TZ=UTC @daily' },
      [
        'spec.schedule: Invalid value: "TZ=UTC @daily": cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
      ],
    ],
    [{ timeZone: '' }, ['spec.timeZone: Invalid value: "": timeZone must be nil or non-empty string']],
    [{ timeZone: 'Mars/Base' }, ['spec.timeZone: Invalid value: "Mars/Base": unknown time zone Mars/Base']],
    [{ timeZone: '../etc' }, ['spec.timeZone: Invalid value: "../etc": unknown time zone ../etc']],
    [
      { timeZone: 'Local' },
      [
        'spec.timeZone: Invalid value: "Local": timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones',
      ],
    ],
    [
      { concurrencyPolicy: 'Maybe' },
      ['spec.concurrencyPolicy: Unsupported value: "Maybe": supported values: "Allow", "Forbid", "Replace"'],
    ],
    [
      { startingDeadlineSeconds: -1, successfulJobsHistoryLimit: -1, failedJobsHistoryLimit: -1 },
      ['startingDeadlineSeconds', 'successfulJobsHistoryLimit', 'failedJobsHistoryLimit'].map(negative),
    ],
    [
      { jobTemplate: { spec: { ...made, completions: -1, manualSelector: true, selector: {} } } },
      [
        negative('jobTemplate.spec.completions'),
        'spec.jobTemplate.spec.selector: Invalid value: v1.LabelSelector{MatchLabels:map[string]string(nil), MatchExpressions:[]v1.LabelSelectorRequirement(nil)}: `selector` will be auto-generated',
        'spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: "false", "nil"',
      ],
    ],
    [
      { jobTemplate: { spec: { template: aTemplate() } } },
      ['spec.jobTemplate.spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
    ],
  ])('is refused: %j', (spec, expected) => {
    expect(wrongWith(cronJobs, cronJob(spec))).toEqual(expected);
  });

  it('has a name to which the time can be added', () => {
    const name = 'a'.repeat(53);
    expect(wrongWith(cronJobs, cronJob({}, { name }))).toEqual([
      `metadata.name: Invalid value: "${name}": must be no more than 52 characters`,
    ]);
  });

  it('keeps a zone in its schedule that it has from earlier times, and is warned of it', () => {
    const zoned = cronJob({ schedule: 'CRON_TZ=UTC 0 0 * * *' });
    const before = { ...created(cronJobs, cronJob()), spec: zoned['spec'] as object };
    const spec = { ...before.spec, suspend: true };
    expect(wrongWithChange(cronJobs, before as never, { spec })).toEqual([]);
    expect(wrongWithChange(cronJobs, before as never, { spec: { ...spec, timeZone: 'Etc/UTC' } })).toEqual([
      'spec.schedule: Invalid value: "CRON_TZ=UTC 0 0 * * *": cannot use both timeZone field and TZ or CRON_TZ in schedule',
    ]);
    expect(warningsOf(builtIn(cronJobs), before as never)).toEqual([
      expect.stringMatching(/^CRON_TZ or TZ used in spec\.schedule is not officially supported/),
    ]);
  });

  it('is accepted with everything that a real one has', () => {
    const spec = {
      schedule: '30 4 * * mon-fri',
      timeZone: 'Europe/Berlin',
      concurrencyPolicy: 'Forbid',
      startingDeadlineSeconds: 600,
      jobTemplate: {
        metadata: { labels: { app: 'backup' } },
        spec: { ...made, backoffLimit: 2, ttlSecondsAfterFinished: 86_400, activeDeadlineSeconds: 3_600 },
      },
    };
    expect(created(cronJobs, cronJob(spec)).spec).toMatchObject(spec);
  });
});
