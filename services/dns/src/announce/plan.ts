import type { AnyCommand, EndpointSlice, KubeObject, ObjectOf, Service } from '@shiplog/contracts';
import { dnsService, dnsSlice, NAMESPACE, type Place } from './objects';

const SLICES = 'endpointslices.discovery.k8s.io';

type Planned = Pick<Extract<AnyCommand, { type: 'CreateObject' | 'ReplaceObject' }>, 'type' | 'data'>;

/** A write, and the position of what it is made because of: the object as it stands, if it does. */
export interface PlannedWrite {
  readonly write: Planned;
  /** Whose slice it is; undefined: the Service's. */
  readonly slice?: string;
  readonly cause?: number;
}

export interface Announced {
  readonly service: ObjectOf<'services'> | undefined;
  /** By name, of the Service. */
  readonly slices: ReadonlyMap<string, ObjectOf<typeof SLICES>>;
}

/** What an instance wants to be known of. */
export interface Wanted {
  readonly clusterIP: string;
  readonly own: Place;
  readonly isReady: boolean;
  /** Slices of the instances that don't answer. */
  readonly silent: ReadonlySet<string>;
}

/** The writes by which what is announced becomes what is so. The Service stays as users made it. */
export function planAnnouncement({ service, slices }: Announced, wanted: Wanted): PlannedWrite[] {
  const planned: PlannedWrite[] = [];
  if (service === undefined && wanted.isReady)
    planned.push({ write: created('services', dnsService(wanted.clusterIP)) });
  const own = dnsSlice(wanted.own, wanted.isReady);
  const there = slices.get(wanted.own.slice);
  if (there === undefined) {
    if (wanted.isReady) planned.push({ slice: wanted.own.slice, write: created(SLICES, own) });
  } else if (!saysTheSame(there, own)) planned.push(replaced(there, own));
  for (const silent of wanted.silent) {
    const slice = slices.get(silent);
    if (slice === undefined || slice.endpoints?.[0]?.conditions?.ready === false) continue;
    const endpoints = (slice.endpoints ?? []).map((endpoint) => ({ ...endpoint, conditions: NOT_READY }));
    planned.push(replaced(slice, { ...slice, endpoints }));
  }
  return planned;
}

const NOT_READY = { ready: false, serving: false, terminating: false };

function created(resource: 'services' | typeof SLICES, object: Service | EndpointSlice): PlannedWrite['write'] {
  return { type: 'CreateObject', data: { resource, namespace: NAMESPACE, object: object as KubeObject } };
}

function replaced({ metadata }: ObjectOf<typeof SLICES>, object: EndpointSlice): PlannedWrite {
  const { name, resourceVersion } = metadata;
  const write: Planned = {
    type: 'ReplaceObject',
    data: {
      resource: SLICES,
      namespace: NAMESPACE,
      name,
      // Of what was looked at, or nothing: another instance may have judged meanwhile.
      object: { ...object, metadata: { ...object.metadata, resourceVersion } } as KubeObject,
    },
  };
  return { slice: name, write, cause: Number(resourceVersion) };
}

function saysTheSame(a: EndpointSlice, b: EndpointSlice): boolean {
  const said = ({ addressType, endpoints = [], ports = [] }: EndpointSlice): string =>
    JSON.stringify([
      addressType,
      endpoints.map(({ addresses, conditions }) => [addresses, conditions?.ready ?? true]),
      ports.map(({ name, port, protocol }) => [name, port, protocol]),
    ]);
  return said(a) === said(b);
}
