import type { ReadonlyCluster } from '@shiplog/cluster';
import { localKey, splitKey } from '@shiplog/contracts';
import { controllerOf, type StoredPod } from '@shiplog/kube';
import {
  SETTLED,
  type Controller,
  type KeysOf,
  type ReconcileRequest,
  type ReconcileResult,
} from '../../runtime/domain/controller';
import { keyOfItself } from '../../domain/claims';
import { isManagedElsewhere } from './decide';
import { isJobFinished } from './ending';
import { isTracked, untrack } from './job-pods';

/** Lets pods go that are held for a Job that no longer counts them: it is gone, over, or not theirs. Keys: a pod's namespace/name. */
export const jobOrphanController: Controller = {
  name: 'job-orphans',
  watches: { pods: ofPod, 'jobs.batch': ofJob },
  allKeys: (state) => keysOf(state.list('pods').filter((pod) => isHeldForNobody(pod, state))),
  reconcile,
};

function reconcile(key: string, { state }: ReconcileRequest): ReconcileResult {
  const { namespace, name } = splitKey(key);
  const pod = state.get('pods', namespace, name);
  return pod !== undefined && isHeldForNobody(pod, state) ? { commands: [untrack(pod)] } : SETTLED;
}

function isHeldForNobody(pod: StoredPod, state: ReadonlyCluster): boolean {
  if (!isTracked(pod)) return false;
  const owner = controllerOf(pod);
  if (owner?.kind !== 'Job') return true;
  const job = state.get('jobs.batch', pod.metadata.namespace ?? '', owner.name);
  if (job?.metadata.uid !== owner.uid) return true;
  return isJobFinished(job) && !isManagedElsewhere(job);
}

function ofPod(...[change, state]: Parameters<KeysOf<'pods'>>): Iterable<string> {
  return change.after !== undefined && isHeldForNobody(change.after, state) ? keyOfItself(change, state) : [];
}

/** When a Job is over or gone, its pods. */
function ofJob(...[{ before, after }, state]: Parameters<KeysOf<'jobs.batch'>>): Iterable<string> {
  if (before === undefined || (after !== undefined && !isJobFinished(after))) return [];
  return keysOf(state.controlledBy('pods', before.metadata.uid).filter(isTracked));
}

function keysOf(pods: readonly StoredPod[]): string[] {
  return pods.map(({ metadata: { namespace = '', name } }) => localKey(namespace, name));
}
