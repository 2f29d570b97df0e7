import type { FieldSet } from '@shiplog/contracts';
import { isJsonObject } from '../values/json-object';
import { NOTHING, isMember } from './field-set';
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
  readonly shape: Shape;
  readonly text: string;
}

/**
 * The latest of each part of each kind, the last one used first: objects that are made alike have the same fields. What is gone is told
 * apart first, as the sets of objects with several owners are their own, and would drive out what others share.
 */
const latest = new WeakMap<MergeSchema, WeakMap<FieldSet, Known[]>>();
const MOST_KNOWN = 8;
/** In characters; larger ones are rare, and are made each time. */
const LARGEST_KNOWN = 8_192;

function partText(schema: MergeSchema, value: unknown, gone: FieldSet | undefined): string {
  const known = knownOf(schema, gone ?? NOTHING);
  const at = known.findIndex(({ shape }) => hasShape(shape, value));
  if (at >= 0) {
    const [found] = at === 0 ? known : known.splice(at, 1);
    if (at > 0) known.unshift(found as Known);
    return (found as Known).text;
  }
  const text = nodeText(schema, value, gone);
  if (text.length <= LARGEST_KNOWN) {
    known.unshift({ shape: shapeOf(schema, value), text });
    known.length = Math.min(known.length, MOST_KNOWN);
  }
  return text;
}

function knownOf(schema: MergeSchema, gone: FieldSet): Known[] {
  let byGone = latest.get(schema);
  if (byGone === undefined) latest.set(schema, (byGone = new WeakMap()));
  let known = byGone.get(gone);
  if (known === undefined) byGone.set(gone, (known = []));
  return known;
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
