import type { AppliedEvent } from '@shiplog/cluster';
import { EVENT_FORMAT, type Fact, type LogEvent } from '@shiplog/contracts';
import { CRON_SCHEDULED_AT } from '@shiplog/kube';
import { eventLinesOf } from './event-lines';

const owner = { apiVersion: 'batch/v1', kind: 'CronJob', name: 'tick', uid: 'c', controller: true };
const scheduled = { annotations: { [CRON_SCHEDULED_AT]: '2024-01-01T00:00:00Z' }, ownerReferences: [owner] };
const job = (metadata: object, ...conditions: string[]) => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'work', namespace: 'default', uid: 'j', resourceVersion: '1', ...metadata },
  spec: { completions: 1 },
  status: {
    succeeded: 2,
    conditions: conditions.map((text) => {
      const [type, status] = text.split('=');
      return { type, status, reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' };
    }),
  },
});

function lines(fact: Fact, by: string | undefined, objects: object): string[] {
  const data = by === undefined ? {} : { reconciled: { by, key: 'default/x', now: 0, plan: '' } };
  const event = {
    ...{ position: 7, time: '2024-01-01T00:00:00.000Z', version: EVENT_FORMAT, resource: 'jobs.batch', fact, node: '' },
    ...{
      namespace: 'default',
      name: 'work',
      uid: 'j',
      actor: 'system:shiplog:controller',
      commandId: 'c',
      commandSeq: 0,
    },
    data,
  } as LogEvent;
  return eventLinesOf({ event, ...objects } as AppliedEvent).map(
    ({ type, reason, message, about }) => `${about.kind}: ${type} ${reason}: ${message}`,
  );
}

describe('what is told of Jobs', () => {
  it.each<[string, object, string[]]>([
    ['suspends', { before: job({}), after: job({}, 'Suspended=True') }, ['Job: Normal Suspended: Job suspended']],
    [
      'goes on',
      { before: job({}, 'Suspended=True'), after: job({}, 'Suspended=False') },
      ['Job: Normal Resumed: Job resumed'],
    ],
    [
      'is done',
      { before: job({}), after: job({}, 'Complete=True') },
      [
        'Job: Warning TooManySucceededPods: Too many succeeded pods running after completion count reached',
        'Job: Normal Completed: Job completed',
      ],
    ],
    [
      'fails',
      { before: job(scheduled), after: job(scheduled, 'Failed=True') },
      [
        'Job: Warning DeadlineExceeded: Job was active longer than specified deadline',
        'CronJob: Normal SawCompletedJob: Saw completed job: work, condition: Failed',
      ],
    ],
    ['stays so', { before: job({}, 'Complete=True'), after: job({}, 'Complete=True') }, []],
  ])('one that %s', (_, objects, expected) => {
    expect(lines('StatusChanged', 'job', objects)).toEqual(expected);
  });

  it('what their CronJob does with them, and nobody else', () => {
    expect(lines('Created', 'cronjob', { after: job(scheduled) })).toEqual([
      'CronJob: Normal SuccessfulCreate: Created job work',
    ]);
    expect(lines('Deleted', 'cronjob', { before: job(scheduled) })).toEqual([
      'CronJob: Normal SuccessfulDelete: Deleted job work',
    ]);
    expect(lines('Deleted', 'garbage', { before: job(scheduled) })).toEqual([]);
    expect(lines('Created', undefined, { after: job(scheduled) })).toEqual([]);
  });
});
