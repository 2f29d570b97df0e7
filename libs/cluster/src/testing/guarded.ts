import type { FieldMask, ResourceId, StoredObject, View } from '@shiplog/contracts';
import { LIST_KEYS } from '../changes';
import type { AppliedEvent, ReadonlyCluster } from '../state';
import { maskOf } from '../view-fold';

/**
 * What a view keeps of an object, that throws where anything else of it is read, or where it is copied as if it were whole:
 * what a decider lacks in its view, or would drop from an object that it writes back, fails its specs. The same for the
 * same object, also inside of it.
 */
export function guarded<T>(view: View, resource: ResourceId, object: T): T {
  const mask = maskOf(view, resource);
  return mask === undefined ? object : (guard(object, mask, `${view.name}: ${resource}`, false) as T);
}

/** A state that gives out guarded objects. */
export function guardedState(view: View, state: ReadonlyCluster): ReadonlyCluster {
  return {
    get catalog() {
      return state.catalog;
    },
    get: (resource, namespace, name) => guarded(view, resource, state.get(resource, namespace, name)),
    list: (resource, namespace) => state.list(resource, namespace).map((object) => guarded(view, resource, object)),
    controlledBy: (resource, uid) => state.controlledBy(resource, uid).map((object) => guarded(view, resource, object)),
    uncontrolled: (resource, namespace) =>
      state.uncontrolled(resource, namespace).map((object) => guarded(view, resource, object)),
    servicesChoosing: (namespace, labels) =>
      state.servicesChoosing(namespace, labels).map((object) => guarded(view, 'services', object)),
    podsChosenBy: (namespace, service) =>
      state.podsChosenBy(namespace, service).map((object) => guarded(view, 'pods', object)),
    slicesOf: (namespace, service) =>
      state.slicesOf(namespace, service).map((object) => guarded(view, 'endpointslices.discovery.k8s.io', object)),
    size: (resource) => state.size(resource),
    allocations: () => state.allocations(),
    rights: () => state.rights(),
    quotaLedger: (namespace) => state.quotaLedger(namespace),
    admissionHooks: () => state.admissionHooks(),
  };
}

/** An applied event, of guarded objects. */
export function guardedEvent(view: View, { event, before, after }: AppliedEvent): AppliedEvent {
  const seen = (object: StoredObject | undefined): StoredObject | undefined => guarded(view, event.resource, object);
  return { event, before: seen(before), after: seen(after) };
}

const known = new WeakMap<object, unknown>();

function guard(value: unknown, mask: FieldMask, path: string, isItem: boolean): unknown {
  if (mask.fields === undefined || typeof value !== 'object' || value === null) return value;
  if (!known.has(value))
    known.set(value, Array.isArray(value) ? items(value, mask, path) : proxy(value, mask, path, isItem));
  return known.get(value);
}

function items(list: readonly unknown[], mask: FieldMask, path: string): unknown[] {
  return list
    .filter((item) => mask.only?.includes((item as { type: string }).type) ?? true)
    .map((item, i) => guard(item, mask, `${path}[${i}]`, true));
}

function proxy(object: object, { fields = {} }: FieldMask, path: string, isItem: boolean): object {
  const kept = { ...(isItem ? Object.fromEntries(LIST_KEYS.flat().map((key) => [key, {}])) : {}), ...fields };
  const isKept = (name: string | symbol): boolean =>
    typeof name === 'symbol' || Object.hasOwn(kept, name) || name in Object.prototype || name === 'toJSON';
  const check = (name: string | symbol): void => {
    if (!isKept(name)) throw new Error(`${path}.${String(name)} is read, and not kept`);
  };
  return new Proxy(object, {
    get: (target, name) => {
      check(name);
      const value = Reflect.get(target, name) as unknown;
      const inner = typeof name === 'string' && Object.hasOwn(kept, name) ? kept[name] : undefined;
      return inner === undefined ? value : guard(value, inner, `${path}.${String(name)}`, false);
    },
    has: (target, name) => {
      check(name);
      return Reflect.has(target, name);
    },
    ownKeys: () => {
      throw new Error(`${path} is copied, and not whole`);
    },
  });
}
