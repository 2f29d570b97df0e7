import { isJsonObject, ownField } from '../values/json-object';
import type { ListSchema } from './merge-schema';

/** The step to a field of an object. */
export function fieldStep(name: string): string {
  return `f:${name}`;
}

/**
 * The step to an item of a list; undefined for one that lacks what tells it apart from the others. A key that is left out stands
 * for its default.
 */
export function itemStep({ keys, keyDefault }: ListSchema, item: unknown): string | undefined {
  if (keys.length === 0) return item === null || item === undefined ? undefined : `v:${JSON.stringify(item)}`;
  if (!isJsonObject(item)) return undefined;
  let text = 'k:{';
  for (const key of keys) {
    const value = ownField(item, key) ?? keyDefault(key);
    if (value === undefined || value === null) return undefined;
    text += `${text.length > 3 ? ',' : ''}${JSON.stringify(key)}:${JSON.stringify(value)}`;
  }
  return `${text}}`;
}

/** The items of a list by their steps, in their order; those without one stand under their places. */
export function itemsByStep(list: ListSchema, items: readonly unknown[]): Map<string, unknown[]> {
  const result = new Map<string, unknown[]>();
  items.forEach((item, place) => {
    const step = itemStep(list, item) ?? `i:${place}`;
    const known = result.get(step);
    if (known === undefined) result.set(step, [item]);
    else known.push(item);
  });
  return result;
}

/** A path as Kubernetes writes it, for example `.spec.containers[name="web"].image`. */
export function pathText(path: readonly string[]): string {
  return path.map(stepText).join('');
}

export function stepText(step: string): string {
  const rest = step.slice(2);
  switch (step.slice(0, 2)) {
    case 'f:':
      return `.${rest}`;
    case 'k:':
      return `[${Object.entries(readJson(rest) ?? {})
        .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
        .join(',')}]`;
    case 'v:':
      return `[=${rest}]`;
    default:
      return `[${rest}]`;
  }
}

/** Steps may come from a client. */
function readJson(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
