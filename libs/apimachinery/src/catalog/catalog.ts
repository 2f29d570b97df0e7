import { RESOURCES, apiVersionOf, type ResourceId, type ResourceRow, type ResourceVersion } from '@shiplog/contracts';

/** A resource in one of the versions in which it can be read and written. */
export interface VersionedResource {
  readonly row: ResourceRow;
  readonly version: ResourceVersion;
}

/**
 * A resource in the version that an `apiVersion` names; in that which is stored when it is undefined. Undefined when there is no
 * such version.
 */
export function versionedAs(row: ResourceRow, apiVersion: string | undefined): VersionedResource | undefined {
  const version =
    apiVersion === undefined ? row.versions[0] : row.versions.find((item) => apiVersionOf(item) === apiVersion);
  return version === undefined ? undefined : { row, version };
}

/**
 * Every resource that exists at a position of the log: those that are built in, and what CustomResourceDefinitions had made by
 * then. A value: a change makes another one, so whatever is derived from a catalog can be kept by it.
 */
export class Catalog {
  /** What exists before any definition. */
  static readonly builtIn = new Catalog(new Map(RESOURCES.map((row) => [row.id, row])));

  /** By the kinds of all versions; made for the first who asks. */
  #byKind: ReadonlyMap<string, ResourceRow> | undefined;

  private constructor(private readonly byId: ReadonlyMap<ResourceId, ResourceRow>) {}

  get(id: ResourceId): ResourceRow | undefined {
    return this.byId.get(id);
  }

  /** The built-in ones first, then the others by their ids: the same for the same resources, whatever came first. */
  get rows(): Iterable<ResourceRow> {
    return this.byId.values();
  }

  /** The resource whose objects say that they are of this kind, in any of its versions. */
  ofKind(apiVersion: string, kind: string): ResourceRow | undefined {
    this.#byKind ??= new Map(
      [...this.byId.values()]
        .reverse()
        .flatMap((row) => row.versions.map((version) => [kindKey(apiVersionOf(version), row.kind), row])),
    );
    return this.#byKind.get(kindKey(apiVersion, kind));
  }

  /** With this resource, in place of one of its id; what is built in stays. */
  with(row: ResourceRow): Catalog {
    return isBuiltIn(row.id) ? this : new Catalog(inOrder(new Map(this.byId).set(row.id, row)));
  }

  /** Without this resource; what is built in stays. */
  without(id: ResourceId): Catalog {
    if (isBuiltIn(id) || !this.byId.has(id)) return this;
    const rest = new Map(this.byId);
    rest.delete(id);
    return new Catalog(rest);
  }
}

function kindKey(apiVersion: string, kind: string): string {
  return `${apiVersion} ${kind}`;
}

function isBuiltIn(id: ResourceId): boolean {
  return RESOURCES.some((row) => row.id === id);
}

function inOrder(rows: ReadonlyMap<ResourceId, ResourceRow>): ReadonlyMap<ResourceId, ResourceRow> {
  const custom = [...rows.values()].filter(({ id }) => !isBuiltIn(id)).sort((a, b) => (a.id < b.id ? -1 : 1));
  return new Map([...RESOURCES, ...custom].map((row) => [row.id, row]));
}
