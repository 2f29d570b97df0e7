import { FIELD_MANAGERS, type FieldOwner, type FieldOwners, type FieldSet } from '@shiplog/contracts';
import { DecodeError } from '../schema/decoding';
import { toSeconds } from '../schema/times';
import { isJsonObject } from '../values/json-object';
import { LEAF, NOTHING, isEmptySet } from './field-set';

/** Who manages fields, and how. */
export interface Manager {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  /** In which the fields are named. */
  readonly apiVersion: string;
  /** '' for the object itself. */
  readonly subresource: string;
}

/** What is there and yet nobody's, where somebody owns all the rest: what admission filled in, say. Never shown. */
export const NOBODY = 'nobody';

/** What a manager is found by. One that applies stays itself in another version; one that updates is another one there. */
export function ownerKey({ manager, operation, apiVersion, subresource }: Manager): string {
  return `${operation}:${operation === 'Apply' ? '' : escaped(apiVersion)}:${escaped(subresource)}:${manager}`;
}

/** The manager that a key and what it owns tell of; undefined for what is nobody's. */
export function managerOf(key: string, { apiVersion }: FieldOwner): Manager | undefined {
  if (key === NOBODY) return undefined;
  const read = readKey(key);
  return apiVersion === undefined ? read : { ...read, apiVersion };
}

/** The same few managers write all objects. */
const readKeys = new Map<string, Manager>();
const MOST_KEYS = 1_024;

function readKey(key: string): Manager {
  const known = readKeys.get(key);
  if (known !== undefined) return known;
  const [operation, version = '', subresource = '', ...manager] = key.split(':');
  const read: Manager = {
    manager: manager.join(':'),
    operation: operation === 'Apply' ? 'Apply' : 'Update',
    apiVersion: unescaped(version),
    subresource: unescaped(subresource),
  };
  if (readKeys.size >= MOST_KEYS) readKeys.clear();
  readKeys.set(key, read);
  return read;
}

/** Versions and subresources have no such characters, unless a client makes them up. */
const RESERVED = /[%:]/;
const escaped = (text: string): string =>
  RESERVED.test(text) ? text.replaceAll('%', '%25').replaceAll(':', '%3A') : text;
const unescaped = (text: string): string => text.replaceAll('%3A', ':').replaceAll('%25', '%');

/** The order in which Kubernetes shows entries: who applies first, then by time of the last change, manager, version and subresource. */
export function byTime(a: Manager, timeOfA: string | undefined, b: Manager, timeOfB: string | undefined): number {
  return (
    compareText(a.operation, b.operation) ||
    compareText(timeOfA, timeOfB) ||
    compareText(a.manager, b.manager) ||
    compareText(a.apiVersion, b.apiVersion) ||
    compareText(a.subresource, b.subresource)
  );
}

function compareText(a = '', b = ''): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Whether a client asks for all ownership to be forgotten: one entry, and nothing in it. */
export function isReset(entries: unknown): boolean {
  if (!Array.isArray(entries) || entries.length !== 1) return false;
  const entry: unknown = entries[0];
  return (
    entry === null || (isJsonObject(entry) && Object.values(entry).every((value) => value === null || value === ''))
  );
}

/** The owners that a client's managedFields tell of; undefined when they can't be read or tell of none, which changes nothing. */
export function ownersFrom(entries: unknown): FieldOwners | undefined {
  if (!Array.isArray(entries) || entries.length === 0 || entries.length > FIELD_MANAGERS) return undefined;
  const owners: Record<string, FieldOwner> = {};
  for (const entry of entries) {
    const read = ownerFrom(entry);
    if (read === undefined) return undefined;
    owners[read.key] = read.owner;
  }
  return owners;
}

function ownerFrom(entry: unknown): { key: string; owner: FieldOwner } | undefined {
  if (!isJsonObject(entry)) return undefined;
  const { manager = '', operation, apiVersion, subresource = '', time, fieldsType, fieldsV1 = {} } = entry;
  if (operation !== 'Apply' && operation !== 'Update') return undefined;
  if (typeof apiVersion !== 'string' || apiVersion === '' || fieldsType !== 'FieldsV1') return undefined;
  if (typeof manager !== 'string' || typeof subresource !== 'string') return undefined;
  const fields = fieldSetFrom(fieldsV1);
  if (fields === undefined) return undefined;
  const since = typeof time === 'string' ? timeFrom(time) : undefined;
  const owner: FieldOwner = {
    ...(since === undefined ? {} : { time: since }),
    ...(operation === 'Apply' ? { apiVersion } : {}),
    ...(isEmptySet(fields) ? {} : { fields }),
  };
  return { key: ownerKey({ manager, operation, apiVersion, subresource }), owner };
}

function timeFrom(text: string): string | undefined {
  try {
    return toSeconds(text);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

const STEP = /^(f:|v:|k:\{|i:)/;

/** A set as a client sends it: a copy that holds nothing but steps. Undefined for what is none. */
function fieldSetFrom(value: unknown): FieldSet | undefined {
  if (!isJsonObject(value)) return undefined;
  const result: Record<string, FieldSet> = {};
  for (const step of Object.keys(value)) {
    if (step === '.') result[step] = LEAF;
    else {
      const node = STEP.test(step) ? fieldSetFrom(value[step]) : undefined;
      if (node === undefined) return undefined;
      result[step] = node;
    }
  }
  const { '.': self, ...steps } = result;
  return self !== undefined && isEmptySet(steps) ? LEAF : result;
}

/** What an owner owns by name. */
export function namedFields(owner: FieldOwner | undefined): FieldSet {
  return owner?.fields ?? NOTHING;
}

/** The owner with another set of fields; undefined when nothing is left to own. */
export function withFields(owner: FieldOwner, fields: FieldSet): FieldOwner | undefined {
  if (fields === namedFields(owner)) return owner;
  const { fields: _before, ...others } = owner;
  if (isEmptySet(fields)) return owner.rest === true ? others : undefined;
  return { ...others, fields };
}
