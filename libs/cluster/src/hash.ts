import { createHash, hash } from 'node:crypto';
import { RESOURCES, type ResourceId, type StoredObject } from '@shiplog/contracts';
import type { ClusterState } from './state';

const LANES = 4;
/** Digests made in one go: a few milliseconds. */
const SLICE = 200;

/** Objects are immutable, so a digest is made once per version of an object: hashing again costs additions only. */
const digests = new WeakMap<StoredObject, Uint32Array>();

function digestOf(object: StoredObject): Uint32Array {
  let digest = digests.get(object);
  if (digest === undefined) {
    // As text of one byte each: half as long as to a Buffer.
    const bytes = hash('sha256', JSON.stringify(object), 'binary');
    digest = new Uint32Array(LANES);
    for (let lane = 0; lane < LANES; lane++) digest[lane] = littleEndian(bytes, lane * 4);
    digests.set(object, digest);
  }
  return digest;
}

function littleEndian(bytes: string, at: number): number {
  return (
    bytes.charCodeAt(at) |
    (bytes.charCodeAt(at + 1) << 8) |
    (bytes.charCodeAt(at + 2) << 16) |
    (bytes.charCodeAt(at + 3) << 24)
  );
}

/** A hash of some objects, byte for byte, that doesn't depend on their order: 32 hex digits and their number. */
export function hashObjects(objects: Iterable<StoredObject>): string {
  const sum = new Uint32Array(LANES);
  let count = 0;
  for (const object of objects) {
    const digest = digestOf(object);
    for (let lane = 0; lane < LANES; lane++) sum[lane] = ((sum[lane] as number) + (digest[lane] as number)) >>> 0;
    count++;
  }
  return `${[...sum].map((lane) => lane.toString(16).padStart(8, '0')).join('')}:${count}`;
}

/**
 * Makes the digests of objects, in slices between which `turn` lets other work go on; to hash them afterwards costs
 * additions only.
 */
export async function digestInSlices(objects: Iterable<StoredObject>, turn: () => Promise<unknown>): Promise<void> {
  let made = 0;
  for (const object of objects) {
    digestOf(object);
    if (++made % SLICE === 0) await turn();
  }
}

/** The hash of all objects of a resource. */
export function hashResource(state: ClusterState, resource: ResourceId): string {
  return hashObjects(state.values(resource));
}

/** The hash of everything: that of the resources' hashes, in the order of their rows. */
export function hashCluster(state: ClusterState): string {
  return combineHashes(Object.fromEntries(RESOURCES.map(({ id }) => [id, hashResource(state, id)])));
}

/** What release 0.1 knew: named in the hash of everything even where there are none. */
const NAMED_WHEN_EMPTY: ReadonlySet<string> = new Set<ResourceId>([
  ...(['namespaces', 'nodes', 'pods', 'replicationcontrollers', 'services', 'endpoints'] as const),
  ...(['configmaps', 'secrets', 'serviceaccounts', 'events'] as const),
  ...(['endpointslices.discovery.k8s.io', 'leases.coordination.k8s.io'] as const),
]);
const NONE = hashObjects([]);

/**
 * The hash of everything, from the hash of each resource. A resource that came later counts from its first object on: what
 * was hashed before it was known is the same afterwards, in snapshots and recorded logs.
 */
export function combineHashes(hashes: Partial<Record<ResourceId, string>>): string {
  const whole = createHash('sha256');
  for (const { id } of RESOURCES) {
    if (hashes[id] !== NONE || NAMED_WHEN_EMPTY.has(id)) whole.update(`${id}=${hashes[id]}\n`);
  }
  return whole.digest('hex').slice(0, 32);
}
