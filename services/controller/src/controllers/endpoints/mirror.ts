import type { Endpoint, EndpointAddress, ObjectOf } from '@shiplog/contracts';
import { SERVICE_NAME_LABEL, controllerOf } from '@shiplog/kube';
import { type IpFamily, ipFamilyOf } from '@shiplog/apimachinery';
import type { ReconcileResult } from '../../runtime/domain/controller';
import { controllerReference } from '../../domain/owners';
import { portsKey, selectsPods, type StoredService } from './candidates';
import {
  deleteSlice,
  planSlices,
  SLICE_MANAGED_BY,
  surplusSlices,
  type PortGroup,
  type SliceFamily,
  type StoredSlice,
} from './slices';

/** Says of a slice that it mirrors Endpoints which a user wrote. */
export const MIRRORING_CONTROLLER = 'endpointslicemirroring-controller.k8s.io';
const SKIP_MIRROR = 'endpointslice.kubernetes.io/skip-mirror';
/** Whatever the cluster has: a user may know of backends of another family. */
const FAMILIES: readonly IpFamily[] = ['IPv4', 'IPv6'];
/** Kubernetes' default for the addresses of one subset that are mirrored. */
const MOST_ADDRESSES = 1_000;
/** What says something of the Endpoints object alone. */
const OWN_ANNOTATIONS = [
  'endpoints.kubernetes.io/last-change-trigger-time',
  'kubectl.kubernetes.io/last-applied-configuration',
];
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
  const families = FAMILIES.map((family) => ({ family, groups: groupsOf(endpoints, family) })).filter(
    ({ groups }) => groups.length > 0,
  );
  return {
    commands: [
      ...others.map(deleteSlice),
      ...surplusSlices(
        own,
        families.map(({ family }) => family),
      ),
      ...families.flatMap(({ family, groups }) => planSlices(slicesOf(endpoints, family), groups, own)),
    ],
  };
}

function isMirrored({ metadata }: ObjectOf<'endpoints'>, service: StoredService): boolean {
  return (
    metadata.deletionTimestamp === undefined &&
    metadata.labels?.[SKIP_MIRROR] !== 'true' &&
    metadata.annotations?.[LEADER] === undefined &&
    !selectsPods(service)
  );
}

function slicesOf({ metadata }: ObjectOf<'endpoints'>, addressType: IpFamily): SliceFamily {
  const { namespace = '', name, labels, annotations = {} } = metadata;
  return {
    addressType,
    namespace,
    serviceName: name,
    labels: { ...labels, [SERVICE_NAME_LABEL]: name, [SLICE_MANAGED_BY]: MIRRORING_CONTROLLER },
    annotations: Object.fromEntries(Object.entries(annotations).filter(([key]) => !OWN_ANNOTATIONS.includes(key))),
    owner: controllerReference('v1', 'Endpoints', metadata),
  };
}

function groupsOf(endpoints: ObjectOf<'endpoints'>, family: IpFamily): PortGroup[] {
  const isOfFamily = ({ ip }: EndpointAddress): boolean => ipFamilyOf(ip) === family;
  const groups = new Map<string, { ports: PortGroup['ports']; endpoints: Endpoint[] }>();
  for (const { addresses = [], notReadyAddresses = [], ports = [] } of endpoints.subsets ?? []) {
    const key = portsKey(ports);
    const group = groups.get(key) ?? { ports, endpoints: [] };
    groups.set(key, group);
    const all = [
      ...addresses.map((address) => ({ address, isReady: true })),
      ...notReadyAddresses.map((address) => ({ address, isReady: false })),
    ];
    const mirrored = all.slice(0, MOST_ADDRESSES).filter(({ address }) => isOfFamily(address));
    group.endpoints.push(...mirrored.map(({ address, isReady }) => endpointOf(address, isReady)));
  }
  return [...groups.values()].filter((group) => group.endpoints.length > 0);
}

function endpointOf({ ip, hostname, nodeName, targetRef }: EndpointAddress, ready: boolean): Endpoint {
  return { addresses: [ip], conditions: { ready }, hostname, nodeName, targetRef };
}
