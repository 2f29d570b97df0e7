import type { ContainerStatus, Pod } from '@shiplog/contracts';
import { summarisePod } from './pod-status';

const ENDED = '2026-01-01T00:00:00Z';

function status(fields: Partial<ContainerStatus>): ContainerStatus {
  return { name: 'web', image: 'i', imageID: '', ready: false, restartCount: 0, ...fields };
}

function pod(phase: string, containers: ContainerStatus[], more: Partial<Pod> = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { containers: (containers.length > 0 ? containers : [status({})]).map(({ name }) => ({ name })) },
    status: { phase, containerStatuses: containers },
    ...more,
  };
}

const running = status({ ready: true, state: { running: { startedAt: ENDED } } });
const waiting = (reason: string): ContainerStatus => status({ state: { waiting: { reason } } });
const ended = (exitCode: number, reason?: string, signal?: number): ContainerStatus =>
  status({ state: { terminated: { exitCode, reason, signal } } });

describe('summarisePod', () => {
  it.each<[string, Pod, string]>([
    ['shows the phase of a pod without container states', pod('Pending', []), 'Pending'],
    [
      'says that gates keep it from being scheduled',
      pod('Pending', [], {
        status: {
          phase: 'Pending',
          conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }],
        },
      }),
      'SchedulingGated',
    ],
    ['shows Running', pod('Running', [running]), 'Running'],
    ['shows why a container waits', pod('Pending', [waiting('ContainerCreating')]), 'ContainerCreating'],
    ['shows a crash loop', pod('Running', [waiting('CrashLoopBackOff')]), 'CrashLoopBackOff'],
    ['shows the reason of an end', pod('Succeeded', [ended(0, 'Completed')]), 'Completed'],
    ['shows an end in error', pod('Failed', [ended(1, 'Error')]), 'Error'],
    ['shows the exit code where no reason is given', pod('Failed', [ended(3)]), 'ExitCode:3'],
    ['shows the signal where no reason is given', pod('Failed', [ended(137, undefined, 9)]), 'Signal:9'],
    [
      'stays with Running while one of two containers runs on',
      pod('Running', [running, { ...ended(0, 'Completed'), name: 'job' }], {
        status: {
          phase: 'Running',
          conditions: [{ type: 'Ready', status: 'True' }],
          containerStatuses: [running, { ...ended(0, 'Completed'), name: 'job' }],
        },
      }),
      'Running',
    ],
    [
      'says NotReady when the one that runs on is not ready as a pod',
      pod('Running', [running, { ...ended(0, 'Completed'), name: 'job' }]),
      'NotReady',
    ],
    [
      'says Terminating once the deletion was asked for',
      pod('Running', [running], { metadata: { name: 'p', deletionTimestamp: ENDED } }),
      'Terminating',
    ],
    [
      'says how a finished pod ended though it is being deleted',
      pod('Succeeded', [ended(0, 'Completed')], { metadata: { name: 'p', deletionTimestamp: ENDED } }),
      'Completed',
    ],
    [
      'does not pretend to know a pod of a lost node',
      pod('Running', [running], {
        metadata: { name: 'p', deletionTimestamp: ENDED },
        status: { phase: 'Running', reason: 'NodeLost' },
      }),
      'Unknown',
    ],
    ["gives the pod's own reason", pod('Failed', [], { status: { phase: 'Failed', reason: 'Evicted' } }), 'Evicted'],
  ])('%s', (_, given, word) => {
    expect(summarisePod(given).status).toBe(word);
  });

  it('counts what is ready, restarts, and when the last one was', () => {
    const restarted = status({
      ready: true,
      restartCount: 3,
      state: { running: {} },
      lastState: { terminated: { exitCode: 1, finishedAt: ENDED } },
    });
    const other = { ...waiting('CrashLoopBackOff'), name: 'other', restartCount: 2 };
    expect(summarisePod(pod('Running', [restarted, other]))).toEqual({
      status: 'CrashLoopBackOff',
      ready: 1,
      total: 2,
      restarts: 5,
      lastRestart: ENDED,
    });
  });

  it('shows how far the init containers are', () => {
    const init = (state: ContainerStatus['state'], name: string): ContainerStatus => status({ name, state });
    const withInit = (...statuses: ContainerStatus[]): Pod => ({
      ...pod('Pending', [waiting('PodInitializing')]),
      spec: { containers: [{ name: 'web' }], initContainers: statuses.map(({ name }) => ({ name })) },
      status: { phase: 'Pending', initContainerStatuses: statuses, containerStatuses: [waiting('PodInitializing')] },
    });
    const done = init({ terminated: { exitCode: 0, reason: 'Completed' } }, 'a');
    expect(summarisePod(withInit(done, init({ running: {} }, 'b'))).status).toBe('Init:1/2');
    expect(summarisePod(withInit(init({ waiting: { reason: 'ImagePullBackOff' } }, 'a'))).status).toBe(
      'Init:ImagePullBackOff',
    );
    expect(summarisePod(withInit(init({ terminated: { exitCode: 1, reason: 'Error' } }, 'a'))).status).toBe(
      'Init:Error',
    );
    expect(summarisePod(withInit(done)).status).toBe('PodInitializing');
  });
});
