import { controllerOf, type StoredPod } from '@shiplog/kube';
import type { Amounts } from './amounts';
import { wantedHostPorts, type HostPort } from './host-ports';
import { likelyUse, podRequests } from './pod-requests';

/** What rules want to know of a pod, worked out once for each version of it. */
export interface PodFacts {
  readonly pod: StoredPod;
  readonly uid: string;
  readonly requests: Amounts;
  /** For rating only: see `likelyUse`. */
  readonly likelyUse: { readonly cpu: number; readonly memory: number };
  readonly hostPorts: readonly HostPort[];
  /** The uid of the controller that owns the pod. */
  readonly owner: string | undefined;
}

/** The facts of a pod. Kept by the object's identity: objects in a projection are never changed. */
export function podFacts(pod: StoredPod): PodFacts {
  const known = factsOf.get(pod);
  if (known !== undefined) return known;
  const spec = pod.spec ?? { containers: [] };
  const facts: PodFacts = {
    pod,
    uid: pod.metadata.uid,
    requests: podRequests(spec),
    likelyUse: likelyUse(spec),
    hostPorts: wantedHostPorts(spec),
    owner: controllerOf(pod)?.uid,
  };
  factsOf.set(pod, facts);
  return facts;
}

const factsOf = new WeakMap<StoredPod, PodFacts>();

/** The node whose resources the pod takes now: none before it is bound, and none once it has ended. */
export function occupiedNode(pod: StoredPod): string | undefined {
  const ended = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
  return ended ? undefined : pod.spec?.nodeName || undefined;
}
