import type { FieldSet } from '@shiplog/contracts';
import { isJsonObject } from '../values/json-object';
import { isMember } from './field-set';
import { type MapSchema, type MergeSchema, fieldSchema } from './merge-schema';
import { fieldStep, itemsByStep } from './path-element';
import { type Shape, hasShape, shapeOf } from './shape';

type Json = Record<string, unknown>;

/**
 * What is there of an object, less a set, as the text of FieldsV1 in Kubernetes' order: without the sets that it would take to
 * compute it, as every version of every object is shown to somebody. '' when nothing is left.
 */
export function presentText(
  map: MapSchema,
  object: Json,
  gone: FieldSet,
  isHeeded: (field: string) => boolean,
): string {
  let text = '';
  for (const name of Object.keys(object).sort()) {
    const schema = isHeeded(name) ? fieldSchema(map, name) : undefined;
    if (schema === undefined) continue;
    const step = fieldStep(name);
    const node = partText(schema, object[name], gone[step]);
    if (node !== '') text += `${text === '' ? '{' : ','}${quoted(step)}:${node}`;
  }
  return text === '' ? '' : `${text}}`;
}

interface Known {
  readonly gone: FieldSet | undefined;
  readonly shape: Shape;
  readonly text: string;
}

/** The latest of each part of each kind, the last one used first: objects that are made alike have the same fields. */
const latest = new WeakMap<MergeSchema, Known[]>();
const MOST_KNOWN = 8;
/** In characters; larger ones are rare, and are made each time. */
const LARGEST_KNOWN = 8_192;

function partText(schema: MergeSchema, value: unknown, gone: FieldSet | undefined): string {
  let known = latest.get(schema);
  if (known === undefined) latest.set(schema, (known = []));
  const at = known.findIndex((one) => one.gone === gone && hasShape(one.shape, value));
  if (at >= 0) {
    const [found] = at === 0 ? known : known.splice(at, 1);
    if (at > 0) known.unshift(found as Known);
    return (found as Known).text;
  }
  const text = nodeText(schema, value, gone);
  if (text.length <= LARGEST_KNOWN) {
    known.unshift({ gone, shape: shapeOf(schema, value), text });
    known.length = Math.min(known.length, MOST_KNOWN);
  }
  return text;
}

/** '' when neither the value itself nor anything in it is left. */
function nodeText({ map, list }: MergeSchema, value: unknown, gone: FieldSet | undefined): string {
  const parts =
    map !== undefined && isJsonObject(value)
      ? fieldsText(map, value, gone)
      : list !== undefined && Array.isArray(value)
        ? itemsText(list, value, gone)
        : '';
  const isLeft = gone === undefined || !isMember(gone);
  if (parts === '') return isLeft ? '{}' : '';
  return isLeft ? `{".":{},${parts}}` : `{${parts}}`;
}

function fieldsText(map: MapSchema, object: Json, gone: FieldSet | undefined): string {
  let text = '';
  for (const name of Object.keys(object).sort()) {
    const schema = fieldSchema(map, name);
    if (schema === undefined) continue;
    const step = fieldStep(name);
    const node = nodeText(schema, object[name], gone?.[step]);
    if (node !== '') text += `${text === '' ? '' : ','}${quoted(step)}:${node}`;
  }
  return text;
}

function itemsText(
  list: NonNullable<MergeSchema['list']>,
  value: readonly unknown[],
  gone: FieldSet | undefined,
): string {
  let text = '';
  const items = itemsByStep(list, value);
  for (const step of [...items.keys()].sort()) {
    const [first, ...more] = items.get(step) ?? [];
    const node = nodeText(more.length > 0 ? LEAF_SCHEMA : list.items, first, gone?.[step]);
    if (node !== '') text += `${text === '' ? '' : ','}${JSON.stringify(step)}:${node}`;
  }
  return text;
}

/** Items that can't be told apart belong to whoever has all of them. */
const LEAF_SCHEMA: MergeSchema = {};

const quotedSteps = new Map<string, string>();
const MOST_STEPS = 4_096;

/** A name or a step as JSON has it: nearly all are the fields of a few kinds. */
export function quoted(step: string): string {
  let text = quotedSteps.get(step);
  if (text === undefined) {
    if (quotedSteps.size >= MOST_STEPS) quotedSteps.clear();
    quotedSteps.set(step, (text = JSON.stringify(step)));
  }
  return text;
}
