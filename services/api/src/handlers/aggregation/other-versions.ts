import { Injectable } from '@nestjs/common';
import { isJsonObject } from '@shiplog/apimachinery';
import type { ServedGroupVersion, ServedResource } from '@shiplog/representation';

/** What the versions that other servers serve hold, as those say it in discovery: of each that was available when it was asked last. */
@Injectable()
export class OtherVersions {
  #all: ReadonlyMap<string, ServedGroupVersion> = new Map();

  /** By the names of their APIServices. Another value whenever something is otherwise. */
  get all(): ReadonlyMap<string, ServedGroupVersion> {
    return this.#all;
  }

  /** @param served undefined: it can't be said now */
  set(name: string, served: ServedGroupVersion | undefined): void {
    const before = this.#all.get(name);
    if (served === before || JSON.stringify(served) === JSON.stringify(before)) return;
    const all = new Map(this.#all);
    if (served === undefined) all.delete(name);
    else all.set(name, served);
    this.#all = all;
  }

  /** Forgets those that are not among these any more. */
  keep(names: ReadonlySet<string>): void {
    for (const name of this.#all.keys()) if (!names.has(name)) this.set(name, undefined);
  }
}

/** What a server's APIResourceList says of its resources; what it says otherwise than it should is left out. */
export function servedElsewhere(group: string, version: string, list: unknown): ServedGroupVersion {
  const entries = isJsonObject(list) && Array.isArray(list['resources']) ? list['resources'].filter(isJsonObject) : [];
  const resources = entries.flatMap((entry) => resourceOf(group, version, entry) ?? []);
  return { group, version, resources };
}

function resourceOf(group: string, version: string, entry: Record<string, unknown>): ServedResource | undefined {
  const { name, kind, namespaced } = entry;
  // A subresource has a name of two parts.
  if (typeof name !== 'string' || typeof kind !== 'string' || name.includes('/')) return undefined;
  const texts = (field: string): string[] => {
    const value = entry[field];
    return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
  };
  const { singularName } = entry;
  return {
    group,
    version,
    plural: name,
    kind,
    listKind: `${kind}List`,
    namespaced: namespaced === true,
    singular: typeof singularName === 'string' ? singularName : '',
    verbs: texts('verbs'),
    shortNames: texts('shortNames'),
    categories: texts('categories'),
    subresources: [],
    definition: '',
    listDefinition: '',
    storageVersionHash: '',
  };
}
