import { type ReadonlyCluster } from '@shiplog/cluster';
import { localKey, splitKey } from '@shiplog/contracts';
import { SERVICE_NAME_LABEL } from '@shiplog/kube';
import { sameJson } from '@shiplog/apimachinery';
import type { StoredPod } from '@shiplog/kube';
import type { ObjectChange, Controller } from '../../runtime/domain/controller';
import { isPodFinished, isPodReady } from '../../domain/pods';
import { decideEndpoints, deleteEndpoints } from './decide';
import { decideMirror } from './mirror';
import { SLICES, type StoredSlice } from './slices';
import { zoneOf, zonesIn } from './zones';

/** Marks the key of a Service whose end was seen: its Endpoints go whoever made them. */
const ENDED = 'ended:';

/** Keeps Endpoints and EndpointSlices in step with the pods behind each Service. Keys: the Service's namespace/name. */
export const endpointsController: Controller = {
  name: 'endpoints',
  watches: {
    services: ({ before, after }) => (after === undefined ? [keyOf(before), ENDED + keyOf(before)] : [keyOf(after)]),
    endpoints: ({ before, after }) => [keyOf(after ?? before)],
    [SLICES]: ({ before, after }) => [before, after].flatMap(serviceOfSlice),
    pods: keysOfPod,
    nodes: keysOfNode,
  },
  allKeys: (state) => [
    ...new Set([
      ...state.list('services').map(keyOf),
      ...state.list('endpoints').map(keyOf),
      ...state.list(SLICES).flatMap(serviceOfSlice),
    ]),
  ],
  reconcile: (key, { state }) => {
    if (key.startsWith(ENDED)) return { commands: endWithService(state, key.slice(ENDED.length)) };
    const { namespace, name } = splitKey(key);
    const service = state.get('services', namespace, name);
    const endpoints = state.get('endpoints', namespace, name);
    const slices = state.slicesOf(namespace, name);
    const pods = state.podsChosenBy(namespace, name);
    const found = decideEndpoints({ service, pods, endpoints, slices, zoneOf: zonesIn(state) });
    const mirrored = decideMirror({ endpoints, service, slices });
    return { commands: [...found.commands, ...mirrored.commands] };
  },
};

/** Kubernetes deletes a Service's Endpoints with it, also those that a user wrote. */
function endWithService(state: ReadonlyCluster, key: string) {
  const { namespace, name } = splitKey(key);
  const endpoints = state.get('endpoints', namespace, name);
  if (endpoints === undefined || state.get('services', namespace, name) !== undefined) return [];
  return [deleteEndpoints(endpoints)];
}

/** The Services that select the pod, before or after; none when nothing that endpoints say has changed. */
function keysOfPod({ before, after }: ObjectChange<'pods'>, state: ReadonlyCluster): string[] {
  if (before !== undefined && after !== undefined && sameJson(seenOf(before), seenOf(after))) return [];
  return [...new Set([before, after].flatMap((pod) => (pod === undefined ? [] : keysOfServices(pod, state))))];
}

/** The Services with pods on a node that is in another zone now. */
function keysOfNode({ before, after }: ObjectChange<'nodes'>, state: ReadonlyCluster): string[] {
  if (zoneOf(before) === zoneOf(after)) return [];
  const name = (after ?? before)?.metadata.name;
  const pods = state.list('pods').filter(({ spec }) => spec?.nodeName === name);
  return [...new Set(pods.flatMap((pod) => keysOfServices(pod, state)))];
}

/** The Services that a pod stands behind, as soon as it has an address. */
function keysOfServices({ metadata, status }: StoredPod, state: ReadonlyCluster): string[] {
  if (status?.podIP === undefined) return [];
  return state.servicesChoosing(metadata.namespace ?? '', metadata.labels).map(keyOf);
}

/** What endpoints say of a pod. */
function seenOf(pod: StoredPod) {
  return {
    labels: pod.metadata.labels,
    ip: pod.status?.podIP,
    ips: pod.status?.podIPs,
    ready: isPodReady(pod),
    finished: isPodFinished(pod),
    leaving: pod.metadata.deletionTimestamp !== undefined,
    node: pod.spec?.nodeName,
  };
}

function serviceOfSlice(slice: StoredSlice | undefined): string[] {
  const service = slice?.metadata.labels?.[SERVICE_NAME_LABEL];
  return service === undefined ? [] : [localKey(slice?.metadata.namespace ?? '', service)];
}

function keyOf(object: { metadata: { namespace?: string; name: string } } | undefined): string {
  return object === undefined ? '' : localKey(object.metadata.namespace ?? '', object.metadata.name);
}
