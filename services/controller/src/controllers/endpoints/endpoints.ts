import type { EndpointAddress, EndpointSubset, ObjectOf } from '@shiplog/contracts';
import { sameJson } from '@shiplog/apimachinery';
import type { PlannedCommand } from '../../runtime/domain/controller';
import { isHeadless, portsKey, type Candidate, type StoredService } from './candidates';

/** Kubernetes' bound on the addresses of one Endpoints object, and how it marks that it was reached. */
const MOST_ADDRESSES = 1000;
const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity';
export const ENDPOINTS_MANAGED_BY = 'endpoints.kubernetes.io/managed-by';
export const ENDPOINT_CONTROLLER = 'endpoint-controller';
export const HEADLESS = 'service.kubernetes.io/headless';

type StoredEndpoints = ObjectOf<'endpoints'>;

/** The command that makes a Service's Endpoints say what its pods are; undefined when it does. */
export function planEndpoints(
  service: StoredService,
  candidates: readonly Candidate[],
  stored: StoredEndpoints | undefined,
): PlannedCommand | undefined {
  const published = service.spec?.publishNotReadyAddresses === true;
  const listed = candidates.filter(
    (candidate) => (published || !candidate.terminating) && reachable(service, candidate),
  );
  const { kept, truncated } = withinBounds(listed);
  const subsets = subsetsOf(service, kept);
  const labels = labelsOf(service);
  const annotations = annotationsOf(stored, truncated);
  if (stored === undefined) return createEndpoints(service, { labels, annotations }, subsets);
  const { metadata } = stored;
  const same =
    sameJson(stored.subsets ?? [], subsets) &&
    sameJson(metadata.labels ?? {}, labels) &&
    sameJson(metadata.annotations, annotations);
  if (same) return undefined;
  const { namespace = '', name } = metadata;
  return {
    type: 'ReplaceObject',
    data: {
      resource: 'endpoints',
      namespace,
      name,
      object: { ...stored, metadata: { ...metadata, labels, annotations }, subsets },
    },
  };
}

/** A pod without any of the Service's ports is not listed, unless the Service has none (headless). */
function reachable(service: StoredService, { ports }: Candidate): boolean {
  return ports.length > 0 || (isHeadless(service) && (service.spec?.ports ?? []).length === 0);
}

/** Over the bound, ready addresses are kept before those that are not. */
function withinBounds(listed: readonly Candidate[]): { kept: readonly Candidate[]; truncated: boolean } {
  if (listed.length <= MOST_ADDRESSES) return { kept: listed, truncated: false };
  const chosen = new Set(
    [...listed.filter(({ serving }) => serving), ...listed.filter(({ serving }) => !serving)].slice(0, MOST_ADDRESSES),
  );
  return { kept: listed.filter((candidate) => chosen.has(candidate)), truncated: true };
}

/** A subset per set of ports, in the order of the addresses. */
function subsetsOf(service: StoredService, candidates: readonly Candidate[]): EndpointSubset[] {
  const byPorts = new Map<
    string,
    { ready: EndpointAddress[]; notReady: EndpointAddress[]; ports: Candidate['ports'] }
  >();
  for (const candidate of candidates) {
    const key = portsKey(candidate.ports);
    const subset = byPorts.get(key) ?? { ready: [], notReady: [], ports: candidate.ports };
    byPorts.set(key, subset);
    (candidate.serving ? subset.ready : subset.notReady).push(addressOf(service, candidate));
  }
  return [...byPorts.values()].map(({ ready, notReady, ports }) => ({
    ...(ready.length > 0 && { addresses: ready }),
    ...(notReady.length > 0 && { notReadyAddresses: notReady }),
    ...(ports.length > 0 && { ports: [...ports] }),
  }));
}

function addressOf(service: StoredService, { pod, ip }: Candidate): EndpointAddress {
  const { namespace, name, uid } = pod.metadata;
  return {
    ip,
    hostname: hostnameIn(service, pod.spec),
    nodeName: pod.spec?.nodeName,
    targetRef: { kind: 'Pod', namespace, name, uid },
  };
}

/** A pod's host name counts only inside the Service that is its subdomain. */
export function hostnameIn(service: StoredService, spec: Candidate['pod']['spec']): string | undefined {
  return spec?.hostname !== undefined && spec.subdomain === service.metadata.name ? spec.hostname : undefined;
}

function labelsOf(service: StoredService): Record<string, string> {
  return {
    ...service.metadata.labels,
    [ENDPOINTS_MANAGED_BY]: ENDPOINT_CONTROLLER,
    ...(isHeadless(service) && { [HEADLESS]: '' }),
  };
}

function annotationsOf(stored: StoredEndpoints | undefined, truncated: boolean): Record<string, string> | undefined {
  const annotations = stored?.metadata.annotations;
  if (truncated) return { ...annotations, [OVER_CAPACITY]: 'truncated' };
  if (annotations?.[OVER_CAPACITY] === undefined) return annotations;
  const { [OVER_CAPACITY]: _, ...others } = annotations;
  return others;
}

function createEndpoints(
  service: StoredService,
  meta: { labels: Record<string, string>; annotations: Record<string, string> | undefined },
  subsets: EndpointSubset[],
): PlannedCommand {
  const { namespace = '', name } = service.metadata;
  return {
    type: 'CreateObject',
    data: {
      resource: 'endpoints',
      namespace,
      object: { apiVersion: 'v1', kind: 'Endpoints', metadata: { name, namespace, ...meta }, subsets },
    },
  };
}
