import type { Endpoint, EndpointAddress, ObjectOf } from '@shiplog/contracts';
import { SERVICE_NAME_LABEL, controllerOf } from '@shiplog/kube';
import { parseIp } from '@shiplog/apimachinery';
import type { ReconcileResult } from '../../runtime/domain/controller';
import { controllerReference } from '../../domain/owners';
import { portsKey, selectsPods, type StoredService } from './candidates';
import { deleteSlice, planSlices, SLICE_MANAGED_BY, type PortGroup, type StoredSlice } from './slices';

/** Says of a slice that it mirrors Endpoints which a user wrote. */
export const MIRRORING_CONTROLLER = 'endpointslicemirroring-controller.k8s.io';
const SKIP_MIRROR = 'endpointslice.kubernetes.io/skip-mirror';
const LEADER = 'control-plane.alpha.kubernetes.io/leader';

/** All that the decision on the mirror of one Endpoints object looks at. */
export interface MirrorView {
  endpoints: ObjectOf<'endpoints'> | undefined;
  /** The Service of the same name. */
  service: StoredService | undefined;
  /** The slices with that name on them. */
  slices: readonly StoredSlice[];
}

/** What makes slices say the same as Endpoints that a user keeps for a Service without selector. */
export function decideMirror({ endpoints, service, slices }: MirrorView): ReconcileResult {
  const managed = slices.filter((slice) => slice.metadata.labels?.[SLICE_MANAGED_BY] === MIRRORING_CONTROLLER);
  if (endpoints === undefined || service === undefined || !isMirrored(endpoints, service)) {
    return { commands: managed.map(deleteSlice) };
  }
  const own = managed.filter((slice) => controllerOf(slice)?.uid === endpoints.metadata.uid);
  const others = managed.filter((slice) => !own.includes(slice));
  const groups = groupsOf(endpoints);
  const family = familyOf(endpoints);
  const kept = groups.length > 0 ? planSlices(family, groups, own) : own.map(deleteSlice);
  return { commands: [...others.map(deleteSlice), ...kept] };
}

function isMirrored({ metadata }: ObjectOf<'endpoints'>, service: StoredService): boolean {
  return (
    metadata.deletionTimestamp === undefined &&
    metadata.labels?.[SKIP_MIRROR] !== 'true' &&
    metadata.annotations?.[LEADER] === undefined &&
    !selectsPods(service)
  );
}

function familyOf({ metadata }: ObjectOf<'endpoints'>) {
  const { namespace = '', name, labels } = metadata;
  return {
    namespace,
    serviceName: name,
    labels: { ...labels, [SERVICE_NAME_LABEL]: name, [SLICE_MANAGED_BY]: MIRRORING_CONTROLLER },
    owner: controllerReference('v1', 'Endpoints', metadata),
  };
}

function groupsOf(endpoints: ObjectOf<'endpoints'>): PortGroup[] {
  const groups = new Map<string, { ports: PortGroup['ports']; endpoints: Endpoint[] }>();
  for (const { addresses = [], notReadyAddresses = [], ports = [] } of endpoints.subsets ?? []) {
    const key = portsKey(ports);
    const group = groups.get(key) ?? { ports, endpoints: [] };
    groups.set(key, group);
    group.endpoints.push(...addresses.filter(isIpv4).map((address) => endpointOf(address, true)));
    group.endpoints.push(...notReadyAddresses.filter(isIpv4).map((address) => endpointOf(address, false)));
  }
  return [...groups.values()].filter((group) => group.endpoints.length > 0);
}

/** Clusters are single-stack: addresses of the other family have no slice to be in. */
function isIpv4({ ip }: EndpointAddress): boolean {
  return parseIp(ip) !== undefined;
}

function endpointOf({ ip, hostname, nodeName, targetRef }: EndpointAddress, ready: boolean): Endpoint {
  return { addresses: [ip], conditions: { ready }, hostname, nodeName, targetRef };
}
