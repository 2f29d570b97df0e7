import { created } from '../testing/builders';
import { anObject, aTemplate, withStatus, wrongWithChange } from '../testing/workloads';

const jobs = 'jobs.batch';
const job = (spec: Record<string, unknown> = {}, metadata = {}) =>
  anObject(
    jobs,
    { spec: { template: { spec: { ...(aTemplate()['spec'] as object), restartPolicy: 'Never' } }, ...spec } },
    metadata,
  );
const indexed = (spec: Record<string, unknown> = {}) => job({ completionMode: 'Indexed', completions: 5, ...spec });

describe('the status of a job', () => {
  const START = '2024-05-05T01:00:00Z';
  const END = '2024-05-05T02:00:00Z';
  const conditions = (...types: string[]) => ({ conditions: types.map((type) => ({ type, status: 'True' })) });
  const complete = { ...conditions('SuccessCriteriaMet', 'Complete'), startTime: START, completionTime: END };
  const one = created(jobs, indexed({ backoffLimitPerIndex: 1, parallelism: 2 }));
  const condition = (detail: string) => `status.conditions: Invalid value: ${detail}`;

  it.each<[object, string[]]>([
    [{ active: -1 }, ['status.active: Invalid value: -1: must be greater than or equal to 0']],
    [{ ready: 2, active: 1 }, ['status.ready: Invalid value: 2: cannot set more ready pods than active']],
    [
      { uncountedTerminatedPods: { succeeded: ['a', ''], failed: ['a'] } },
      [
        'status.uncountedTerminatedPods.succeeded[1]: Invalid value: "": must not be empty',
        'status.uncountedTerminatedPods.failed[0]: Duplicate value: "a"',
      ],
    ],
    [
      { ...complete, ...conditions('Complete') },
      [condition('cannot set Complete=True condition without the SuccessCriteriaMet=true condition')],
    ],
    [
      { ...conditions('Failed'), startTime: START },
      [condition('cannot set Failed=True condition without the FailureTarget=true condition')],
    ],
    [
      { ...complete, ...conditions('SuccessCriteriaMet', 'Complete', 'FailureTarget', 'Failed') },
      [
        condition('cannot set Complete=True and Failed=true conditions'),
        condition('cannot set Complete=True and FailureTarget=true conditions'),
        condition('cannot set SuccessCriteriaMet=True and Failed=true conditions'),
        condition('cannot set SuccessCriteriaMet=True and FailureTarget=true conditions'),
      ],
    ],
    [
      { ...complete, uncountedTerminatedPods: { failed: ['a'] } },
      [
        'status.uncountedTerminatedPods: Invalid value: {"failed":["a"]}: uncountedTerminatedPods needs to be empty for finished job',
      ],
    ],
    [
      conditions('SuccessCriteriaMet', 'FailureTarget'),
      [condition('cannot set SuccessCriteriaMet=True and FailureTarget=true conditions')],
    ],
    [
      { ...complete, completionTime: undefined },
      ['status.completionTime: Required value: completionTime is required for Complete jobs'],
    ],
    [
      { completionTime: END },
      [
        'status.completionTime: Invalid value: "2024-05-05T02:00:00Z": cannot set completionTime when there is no Complete=True condition',
      ],
    ],
    [
      { ...complete, startTime: END, completionTime: START },
      ['status.completionTime: Invalid value: "2024-05-05T01:00:00Z": completionTime cannot be set before startTime'],
    ],
    [
      { ...complete, active: 1, terminating: 1, startTime: undefined },
      [
        'status.active: Invalid value: 1: active>0 is invalid for finished job',
        'status.startTime: Required value: startTime is required for finished job',
        'status.terminating: Invalid value: 1: terminating>0 is invalid for finished job',
      ],
    ],
    [
      { completedIndexes: '0,0' },
      [
        'status.completedIndexes: Invalid value: "0,0": error parsing completedIndexes: non-increasing order, previous: 0, current: 0',
      ],
    ],
    [
      { completedIndexes: '1,3-4', failedIndexes: '4' },
      ['status.failedIndexes: Invalid value: "4": failedIndexes and completedIndexes overlap at index: 4'],
    ],
  ])('is refused: %j', (status, expected) => {
    expect(wrongWithChange(jobs, one, { status }, 'status')).toEqual(expected);
  });

  it('has no indexes where the job has none', () => {
    const plain = created(jobs, job());
    expect(wrongWithChange(jobs, plain, { status: { completedIndexes: '0', failedIndexes: '1' } }, 'status')).toEqual([
      'status.completedIndexes: Invalid value: "0": cannot set non-empty completedIndexes when non-indexed completion mode',
      'status.failedIndexes: Invalid value: "1": cannot set non-null failedIndexes when backoffLimitPerIndex is null',
    ]);
  });

  it('only ever goes on', () => {
    const done = withStatus(jobs, one, { ...complete, failed: 2, succeeded: 5 });
    expect(wrongWithChange(jobs, done, { status: {} }, 'status')).toEqual([
      condition('cannot disable the terminal Complete=True condition'),
      'status.failed: Invalid value: 0: cannot decrease the failed counter',
      'status.succeeded: Invalid value: 0: cannot decrease the succeeded counter',
      'status.startTime: Required value: startTime cannot be removed for unsuspended job',
      condition('cannot disable the SuccessCriteriaMet=True condition'),
    ]);
    const later = { ...done.status, completionTime: '2024-05-05T03:00:00Z' };
    expect(wrongWithChange(jobs, done, { status: later }, 'status')).toEqual([
      'status.completionTime: Invalid value: "2024-05-05T03:00:00Z": completionTime cannot be mutated',
    ]);
  });

  it('keeps when a job has started, unless the job is suspended, or goes on just now', () => {
    const suspended = { conditions: [{ type: 'Suspended', status: 'True' }], startTime: START };
    const running = { conditions: [{ type: 'Suspended', status: 'False' }], startTime: END };
    const before = withStatus(jobs, one, suspended);
    expect(wrongWithChange(jobs, before, { status: { ...suspended, startTime: END } }, 'status')).toEqual([
      'status.startTime: Required value: startTime cannot be removed for unsuspended job',
    ]);
    expect(wrongWithChange(jobs, before, { status: running }, 'status')).toEqual([]);
  });

  it('goes from running to complete, and what is wrong already locks nothing', () => {
    const running = withStatus(jobs, one, { active: 2, ready: 1, startTime: START });
    const done = withStatus(jobs, running, { ...complete, succeeded: 5, completedIndexes: '0-4' });
    expect(done.status?.succeeded).toBe(5);
    const wrong = { ...one, status: { conditions: [{ type: 'Complete', status: 'True' }] } };
    expect(wrongWithChange(jobs, wrong, { status: { ...wrong.status, succeeded: 1 } }, 'status')).toEqual([]);
  });
});
