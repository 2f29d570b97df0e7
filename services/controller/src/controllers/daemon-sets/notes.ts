import type { KubeStatus } from '@shiplog/contracts';
import type { StoredPod } from '@shiplog/kube';
import { messageOf, warningOn } from '../../domain/pod-making';
import type { Note } from '../../runtime/domain/controller';
import type { DaemonSet } from './placement';

const COMPONENT = 'daemonset-controller';

/** A pod that was to run for ever has ended, and gives way to another. */
export function foundEnded({ metadata }: DaemonSet, pod: StoredPod, node: string): Note {
  const about = { resource: 'daemonsets.apps' as const, ...metadata };
  const { namespace, name } = pod.metadata;
  if (pod.status?.phase === 'Failed') {
    const message = `Found failed daemon pod ${namespace}/${name} on node ${node}, will try to kill it`;
    return warningOn(about, COMPONENT, 'FailedDaemonPod', message);
  }
  const message = `Found succeeded daemon pod ${namespace}/${name} on node ${node}, will try to delete it`;
  return { ...warningOn(about, COMPONENT, 'SucceededDaemonPod', message), type: 'Normal' };
}

/** Why a pod could not be made. */
export function failureNote({ metadata }: DaemonSet, failure: KubeStatus): Note {
  const about = { resource: 'daemonsets.apps' as const, ...metadata };
  return warningOn(about, COMPONENT, 'FailedCreate', `Error creating: ${messageOf(failure)}`);
}
