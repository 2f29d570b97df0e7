import type { Container, PodSpec } from '@shiplog/contracts';
import { sameJson } from '@shiplog/apimachinery';
import { claimNamesOf, conditionOf, controllerOf, type StoredPod } from '@shiplog/kube';
import type { Amounts } from './amounts';
import { wantedHostPorts, type HostPort } from './host-ports';
import { wantedImages } from './images';
import { givenAmounts, likelyUse, podRequests, type GivenAmounts } from './pod-requests';

/** What rules want to know of a pod, worked out once for each version of it. */
export interface PodFacts {
  readonly pod: StoredPod;
  readonly uid: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly isTerminating: boolean;
  readonly requests: Amounts;
  /** For rating only: see `likelyUse`. */
  readonly likelyUse: { readonly cpu: number; readonly memory: number };
  readonly hostPorts: readonly HostPort[];
  /** Of its containers, as nodes call them. */
  readonly images: readonly string[];
  /** Names of the claims whose volumes it has. */
  readonly claims: readonly string[];
  /** The uid of the controller that owns the pod. */
  readonly owner: string | undefined;
  readonly priority: number;
  /** When its node began with it; of one that has not begun, later than any time. */
  readonly startTime: string;
}

const NOT_STARTED = '~';

/** The facts of a pod. Kept by the object's identity: objects in a projection are never changed. */
export function podFacts(pod: StoredPod): PodFacts {
  const known = factsOf.get(pod);
  if (known !== undefined) return known;
  const { requests: asked, ...wishes } = wishesOf(pod.spec ?? NOTHING_ASKED);
  const requests = isResized(pod) ? requestsWhileResized(pod) : asked;
  const claims = pod.spec?.volumes === undefined ? NO_CLAIMS : claimNamesOf(pod);
  const { uid, namespace = '', labels = NO_LABELS, deletionTimestamp } = pod.metadata;
  const facts: PodFacts = {
    pod,
    uid,
    namespace,
    labels,
    isTerminating: deletionTimestamp !== undefined,
    requests,
    ...wishes,
    claims,
    owner: controllerOf(pod)?.uid,
    priority: pod.spec?.priority ?? 0,
    startTime: pod.status?.startTime ?? NOT_STARTED,
  };
  factsOf.set(pod, facts);
  return facts;
}

/** Whether any container has other amounts of its node than it asks for. */
function isResized({ spec, status }: StoredPod): boolean {
  if (status?.containerStatuses === undefined) return false;
  const containers = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
  const asked = new Map(containers.map(({ name, resources }) => [name, resources?.requests ?? {}]));
  return [...status.containerStatuses, ...(status.initContainerStatuses ?? [])].some(({ name, ...given }) =>
    [given.resources?.requests, given.allocatedResources].some(
      (amounts) => amounts !== undefined && !sameJson(amounts, asked.get(name)),
    ),
  );
}

/** What it has, or asks for where that is more: but not what its node can never give it (determineContainerReqs). */
function requestsWhileResized(pod: StoredPod): Amounts {
  const given = givenAmounts(pod.status);
  const spec = pod.spec ?? NOTHING_ASKED;
  const isInfeasible = conditionOf(pod, 'PodResizePending')?.reason === 'Infeasible';
  return podRequests(isInfeasible ? withoutWishesOf(spec, given) : spec, given);
}

function withoutWishesOf(spec: PodSpec, given: GivenAmounts): PodSpec {
  const kept = (container: Container): Container =>
    given.has(container.name) ? { ...container, resources: {} } : container;
  const { containers, initContainers } = spec;
  const inits = initContainers === undefined ? {} : { initContainers: initContainers.map(kept) };
  return { ...spec, containers: containers.map(kept), ...inits };
}

type Wishes = Pick<PodFacts, 'requests' | 'likelyUse' | 'hostPorts' | 'images'>;

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
    images: wantedImages(spec),
  };
  if (isTheirs) wishesOfContainers.set(containers, wishes);
  return wishes;
}

const NO_LABELS: Readonly<Record<string, string>> = {};
const NO_CLAIMS: readonly string[] = [];
const NOTHING_ASKED: PodSpec = { containers: [] };
const wishesOfContainers = new WeakMap<readonly Container[], Wishes>();

const factsOf = new WeakMap<StoredPod, PodFacts>();

/** The node whose resources the pod takes now: none before it is bound, and none once it has ended. */
export function occupiedNode(pod: StoredPod): string | undefined {
  return hasEnded(pod) ? undefined : pod.spec?.nodeName || undefined;
}

/** The node on which room is being made for the pod: of one that has none yet, and is not on its way out. */
export function nominatedNode(pod: StoredPod): string | undefined {
  const isSettled = (pod.spec?.nodeName ?? '') !== '' || pod.metadata.deletionTimestamp !== undefined || hasEnded(pod);
  return isSettled ? undefined : pod.status?.nominatedNodeName || undefined;
}

function hasEnded({ status }: StoredPod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}
