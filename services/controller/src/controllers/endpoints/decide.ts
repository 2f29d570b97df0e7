import type { Endpoint, ObjectOf } from '@shiplog/contracts';
import type { IpFamily } from '@shiplog/apimachinery';
import { SERVICE_NAME_LABEL, deletionOf, controllerOf, type StoredPod } from '@shiplog/kube';
import type { PlannedCommand, ReconcileResult } from '../../runtime/domain/controller';
import { controllerReference } from '../../domain/owners';
import {
  candidatesOf,
  familiesOf,
  isHeadless,
  portsKey,
  selectsPods,
  type Candidate,
  type StoredService,
} from './candidates';
import { ENDPOINT_CONTROLLER, ENDPOINTS_MANAGED_BY, HEADLESS, hostnameIn, planEndpoints } from './endpoints';
import {
  deleteSlice,
  planSlices,
  SLICE_MANAGED_BY,
  surplusSlices,
  type PortGroup,
  type SliceFamily,
  type StoredSlice,
} from './slices';
import { hintsOf, type ZoneOfNode } from './zones';

/** Says of a slice that this controller makes it; users' own slices are left alone. */
export const SLICE_CONTROLLER = 'endpointslice-controller.k8s.io';

/** All that the decision on one Service's endpoints looks at. */
export interface EndpointsView {
  /** Absent when the Service is gone. */
  service: StoredService | undefined;
  /** The pods that its selector chooses; any other of its namespace does no harm. */
  pods: readonly StoredPod[];
  endpoints: ObjectOf<'endpoints'> | undefined;
  /** The slices with the Service's name on them. */
  slices: readonly StoredSlice[];
  zoneOf: ZoneOfNode;
}

/** What makes Endpoints and slices of one Service say which pods stand behind it now. */
export function decideEndpoints({ service, pods, endpoints, slices, zoneOf }: EndpointsView): ReconcileResult {
  const managed = slices.filter((slice) => slice.metadata.labels?.[SLICE_MANAGED_BY] === SLICE_CONTROLLER);
  if (service === undefined || service.metadata.deletionTimestamp !== undefined) {
    return { commands: [...managed.map(deleteSlice), ...leftover(endpoints)] };
  }
  if (!selectsPods(service)) return { commands: managed.map(deleteSlice) };
  const own = managed.filter((slice) => controllerOf(slice)?.uid === service.metadata.uid);
  const others = managed.filter((slice) => !own.includes(slice));
  const families = familiesOf(service).map((family) => ({ family, candidates: candidatesOf(service, pods, family) }));
  // Endpoints are of the primary family alone.
  const written = planEndpoints(service, families[0]?.candidates ?? [], endpoints);
  return {
    commands: [
      ...(written === undefined ? [] : [written]),
      ...others.map(deleteSlice),
      ...surplusSlices(
        own,
        families.map(({ family }) => family),
      ),
      ...families.flatMap(({ family, candidates }) =>
        planSlices(slicesOf(service, family), groupsOf(service, candidates, zoneOf), own),
      ),
    ],
  };
}

/** Endpoints that this controller made go with their Service. */
function leftover(endpoints: ObjectOf<'endpoints'> | undefined): PlannedCommand[] {
  return endpoints?.metadata.labels?.[ENDPOINTS_MANAGED_BY] === ENDPOINT_CONTROLLER ? [deleteEndpoints(endpoints)] : [];
}

/** Deletes exactly this Endpoints object. */
export function deleteEndpoints(endpoints: ObjectOf<'endpoints'>): PlannedCommand {
  return deletionOf('endpoints', endpoints);
}

function slicesOf(service: StoredService, addressType: IpFamily): SliceFamily {
  const { namespace = '', name, labels } = service.metadata;
  return {
    addressType,
    namespace,
    serviceName: name,
    labels: {
      ...labels,
      [SERVICE_NAME_LABEL]: name,
      [SLICE_MANAGED_BY]: SLICE_CONTROLLER,
      ...(isHeadless(service) && { [HEADLESS]: '' }),
    },
    owner: controllerReference('v1', 'Service', service.metadata),
  };
}

function groupsOf(service: StoredService, candidates: readonly Candidate[], zoneOf: ZoneOfNode): PortGroup[] {
  const groups = new Map<string, { ports: Candidate['ports']; endpoints: Endpoint[] }>();
  for (const candidate of candidates) {
    const key = portsKey(candidate.ports);
    const group = groups.get(key) ?? { ports: candidate.ports, endpoints: [] };
    groups.set(key, group);
    group.endpoints.push(endpointOf(service, candidate, zoneOf(candidate.pod.spec?.nodeName)));
  }
  return [...groups.values()];
}

function endpointOf(
  service: StoredService,
  { pod, ip, serving, terminating }: Candidate,
  zone: string | undefined,
): Endpoint {
  const published = service.spec?.publishNotReadyAddresses === true;
  const { namespace, name, uid } = pod.metadata;
  const conditions = { ready: published || (serving && !terminating), serving, terminating };
  return {
    addresses: [ip],
    conditions,
    hostname: hostnameIn(service, pod.spec),
    nodeName: pod.spec?.nodeName,
    targetRef: { kind: 'Pod', namespace, name, uid },
    zone,
    hints: hintsOf(service, { zone, conditions }),
  };
}
