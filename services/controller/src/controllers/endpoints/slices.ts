import type { Endpoint, EndpointSlicePort, ObjectOf, OwnerReference } from '@shiplog/contracts';
import { deletionOf } from '@shiplog/kube';
import { type IpFamily, sameJson } from '@shiplog/apimachinery';
import type { PlannedCommand } from '../../runtime/domain/controller';
import { portsKey } from './candidates';

export const SLICES = 'endpointslices.discovery.k8s.io';
export const SLICE_MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
/** Kubernetes' default for endpoints in one slice. */
const MOST_ENDPOINTS = 100;

export type StoredSlice = ObjectOf<typeof SLICES>;

/** Endpoints that share their ports. */
export interface PortGroup {
  readonly ports: readonly EndpointSlicePort[];
  readonly endpoints: readonly Endpoint[];
}

const EMPTY: PortGroup = { ports: [], endpoints: [] };

/** What all slices of one Service (or of mirrored Endpoints) and of one family of addresses have in common. */
export interface SliceFamily {
  readonly addressType: IpFamily;
  readonly namespace: string;
  /** The Service's name, and the beginning of the slices' names. */
  readonly serviceName: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Absent: those that a slice has are its own. */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly owner: OwnerReference;
}

/**
 * Brings a family's slices to hold the groups: endpoints stay in the slice that they are in, changed slices are
 * filled up before others are touched, and a slice left without endpoints is used for what is new before it goes. A
 * slice whose content is right is not written. Where nothing is left at all, one empty slice stays, as Kubernetes
 * keeps one. Slices of other addresses are left alone: see `surplusSlices`.
 */
export function planSlices(
  family: SliceFamily,
  groups: readonly PortGroup[],
  stored: readonly StoredSlice[],
): PlannedCommand[] {
  const free = new Set(stored.filter(({ addressType }) => addressType === family.addressType));
  const commands: PlannedCommand[] = [];
  const added: PortGroup[] = groups.length > 0 ? [] : [EMPTY];
  for (const { ports, endpoints } of groups) {
    const key = portsKey(ports);
    const pages = distribute(
      endpoints,
      [...free].filter((slice) => portsKey(slice.ports ?? []) === key),
    );
    for (const page of pages.kept.filter(({ endpoints: kept }) => kept.length > 0)) {
      free.delete(page.slice);
      commands.push(...writeSlice(family, page.slice, { ports, endpoints: page.endpoints }));
    }
    added.push(...pages.added.map((page) => ({ ports, endpoints: page })));
  }
  const spare = [...free];
  for (const group of added) commands.push(...writeSlice(family, spare.shift(), group));
  return [...commands, ...spare.map(deleteSlice)];
}

/** Deletes slices of addresses that none are to be of. */
export function surplusSlices(stored: readonly StoredSlice[], families: readonly string[]): PlannedCommand[] {
  return stored.filter(({ addressType }) => !families.includes(addressType)).map(deleteSlice);
}

interface Page {
  slice: StoredSlice;
  endpoints: Endpoint[];
  changed: boolean;
}

/** Which endpoints each slice is to hold, and those for which new slices are needed. */
function distribute(
  endpoints: readonly Endpoint[],
  own: readonly StoredSlice[],
): { kept: Page[]; added: Endpoint[][] } {
  const unplaced = new Map(endpoints.map((endpoint) => [identityOf(endpoint), endpoint]));
  const kept = own.map((slice): Page => {
    const staying: Endpoint[] = [];
    for (const endpoint of slice.endpoints ?? []) {
      const wanted = unplaced.get(identityOf(endpoint));
      if (wanted === undefined || staying.length === MOST_ENDPOINTS) continue;
      unplaced.delete(identityOf(endpoint));
      staying.push(wanted);
    }
    return { slice, endpoints: staying, changed: !sameJson(staying, slice.endpoints ?? []) };
  });
  const rest = [...unplaced.values()];
  const roomy = [...kept.filter((page) => page.changed), ...kept.filter((page) => !page.changed)];
  for (const page of roomy) page.endpoints.push(...rest.splice(0, MOST_ENDPOINTS - page.endpoints.length));
  const added: Endpoint[][] = [];
  while (rest.length > 0) added.push(rest.splice(0, MOST_ENDPOINTS));
  return { kept, added };
}

function identityOf(endpoint: Endpoint): string {
  return `${endpoint.addresses[0] ?? ''} ${endpoint.targetRef?.uid ?? ''}`;
}

/** Nothing for a slice that is as wanted. */
function writeSlice(family: SliceFamily, slice: StoredSlice | undefined, group: PortGroup): PlannedCommand[] {
  if (slice === undefined) return [createSlice(family, group)];
  const same =
    sameJson(slice.endpoints ?? [], group.endpoints) &&
    portsKey(slice.ports ?? []) === portsKey(group.ports) &&
    sameJson(slice.metadata.labels ?? {}, family.labels) &&
    (family.annotations === undefined || sameJson(slice.metadata.annotations ?? {}, family.annotations));
  return same ? [] : [replaceSlice(family, slice, group)];
}

function createSlice(family: SliceFamily, { ports, endpoints }: PortGroup): PlannedCommand {
  const { addressType, namespace, serviceName, labels, annotations, owner } = family;
  const metadata = {
    generateName: `${serviceName}-`,
    namespace,
    labels: { ...labels },
    ...(annotations !== undefined && { annotations: { ...annotations } }),
    ownerReferences: [owner],
  };
  return {
    type: 'CreateObject',
    data: {
      resource: SLICES,
      namespace,
      object: {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata,
        addressType,
        endpoints: [...endpoints],
        ports: [...ports],
      },
    },
  };
}

function replaceSlice(family: SliceFamily, slice: StoredSlice, { ports, endpoints }: PortGroup): PlannedCommand {
  const { annotations = slice.metadata.annotations } = family;
  const metadata = { ...slice.metadata, labels: { ...family.labels }, annotations };
  const object = { ...slice, metadata, endpoints: [...endpoints], ports: [...ports] };
  const { namespace } = family;
  return { type: 'ReplaceObject', data: { resource: SLICES, namespace, name: metadata.name, object } };
}

/** Deletes exactly this slice. */
export function deleteSlice(slice: StoredSlice): PlannedCommand {
  return deletionOf(SLICES, slice);
}
