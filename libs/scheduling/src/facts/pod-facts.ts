import type { Container, PodSpec } from '@shiplog/contracts';
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
  const { requests, likelyUse, hostPorts } = wishesOf(pod.spec ?? NOTHING_ASKED);
  const facts = { pod, uid: pod.metadata.uid, requests, likelyUse, hostPorts, owner: controllerOf(pod)?.uid };
  factsOf.set(pod, facts);
  return facts;
}

type Wishes = Pick<PodFacts, 'requests' | 'likelyUse' | 'hostPorts'>;

/** Where nobody but its containers asks for anything, pods with the same containers (held once) ask for the same. */
function wishesOf(spec: PodSpec): Wishes {
  const { containers, initContainers, resources, overhead } = spec;
  const isTheirs = initContainers === undefined && resources === undefined && overhead === undefined;
  const known = isTheirs ? wishesOfContainers.get(containers) : undefined;
  if (known !== undefined) return known;
  const wishes: Wishes = {
    requests: podRequests(spec),
    likelyUse: likelyUse(spec),
    hostPorts: wantedHostPorts(spec),
  };
  if (isTheirs) wishesOfContainers.set(containers, wishes);
  return wishes;
}

const NOTHING_ASKED: PodSpec = { containers: [] };
const wishesOfContainers = new WeakMap<readonly Container[], Wishes>();

const factsOf = new WeakMap<StoredPod, PodFacts>();

/** The node whose resources the pod takes now: none before it is bound, and none once it has ended. */
export function occupiedNode(pod: StoredPod): string | undefined {
  const ended = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
  return ended ? undefined : pod.spec?.nodeName || undefined;
}
