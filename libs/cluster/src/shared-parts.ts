import type { ResourceId, StoredObject } from '@shiplog/contracts';
import { controllerOf } from '@shiplog/kube';

type Json = Record<string, unknown>;

/** Objects of a generation; of two of them at most is anything remembered. */
const GENERATION = 16_384;

/**
 * Has objects hold once what they have in common: a pod differs from its siblings in its names, its times and its status,
 * and has three quarters of its bytes from their template. Parts that are equal byte for byte, the order of fields
 * included, are replaced in place by those of the last object that was likely to be alike; nobody can tell.
 */
export class SharedParts {
  /** By what they are likely to be alike for. Who is gone is not held on to for that. */
  #young = new Map<string, WeakRef<StoredObject>>();
  #old: ReadonlyMap<string, WeakRef<StoredObject>> = new Map();

  /** The object itself, which holds less of its own now. */
  share(resource: ResourceId, object: StoredObject): StoredObject {
    const key = controllerOf(object)?.uid ?? `${resource}/${object.metadata.namespace ?? ''}`;
    const like = (this.#young.get(key) ?? this.#old.get(key))?.deref();
    if (like === object) return object;
    if (like !== undefined) for (const name of Object.keys(object)) object[name] = shared(like[name], object[name]);
    this.#remember(key, object);
    return object;
  }

  #remember(key: string, object: StoredObject): void {
    if (this.#young.size >= GENERATION && !this.#young.has(key)) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, new WeakRef(object));
  }
}

/** `like` where `own` equals it; otherwise `own`, whose parts are those of `like` as far as they are equal. */
function shared(like: unknown, own: unknown): unknown {
  if (like === own) return like;
  if (typeof own !== 'object' || own === null || typeof like !== 'object' || like === null) return own;
  if (Array.isArray(own)) return Array.isArray(like) ? sharedList(like, own) : own;
  return Array.isArray(like) ? own : sharedFields(like as Json, own as Json);
}

function sharedList(like: readonly unknown[], own: unknown[]): readonly unknown[] {
  let isEqual = like.length === own.length;
  for (let i = 0; i < own.length && i < like.length; i++) {
    const part = (own[i] = shared(like[i], own[i]));
    isEqual &&= part === like[i];
  }
  return isEqual ? like : own;
}

function sharedFields(like: Json, own: Json): Json {
  const likeNames = Object.keys(like);
  const names = Object.keys(own);
  let isEqual = likeNames.length === names.length;
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    const isInPlace = name === likeNames[i];
    if (!isInPlace && !Object.hasOwn(like, name)) {
      isEqual = false;
      continue;
    }
    const part = (own[name] = shared(like[name], own[name]));
    isEqual &&= isInPlace && part === like[name];
  }
  return isEqual ? like : own;
}
