import { localKey, type StoredObject } from '@shiplog/contracts';
import { matchesFields } from '@shiplog/admission';
import { matchesLabels } from '@shiplog/apimachinery';
import { isMadeSince } from '@shiplog/cluster';
import type { Selection } from './options';

/** Whether a selection chooses an object. */
export function chooser(selection: Selection): (object: StoredObject) => boolean {
  const { namespace, labels, fields, since } = selection;
  return (object) =>
    (namespace === '' || object.metadata.namespace === namespace) &&
    isMadeSince(object, since) &&
    (labels.length === 0 || matchesLabels(labels, object.metadata.labels)) &&
    (fields.length === 0 || matchesFields(fields, object));
}

/** The objects of a namespace that a selection chooses, those after a key if one is given. */
export function select(
  objects: readonly StoredObject[],
  selection: Selection,
  after?: string,
): readonly StoredObject[] {
  const rest = after === undefined ? objects : objects.slice(firstAfter(objects, after));
  const { labels, fields, since } = selection;
  if (labels.length === 0 && fields.length === 0 && since === undefined) return rest;
  return rest.filter(chooser({ ...selection, namespace: '' }));
}

/** Index of the first object after a key, in a list that is in order. */
function firstAfter(objects: readonly StoredObject[], after: string): number {
  let low = 0;
  let high = objects.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sortKeyOf(objects[middle] as StoredObject) <= after) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** By what lists are ordered: namespace and name. */
export function sortKeyOf({ metadata }: StoredObject): string {
  return localKey(metadata.namespace ?? '', metadata.name);
}

/** Objects in the order of lists. */
export function inOrder(objects: readonly StoredObject[]): StoredObject[] {
  return objects
    .map((object) => ({ key: sortKeyOf(object), object }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ object }) => object);
}
