import type { DeletionOptions, KubeStatus, PropagationPolicy, StatusCause } from '@shiplog/contracts';
import { fieldTermOfName, parseFieldSelector, type FieldTerm } from '@shiplog/admission';
import { GoSyntax, parseLabelSelector, statusOf, type LabelTerm, type VersionedResource } from '@shiplog/apimachinery';
import type { IncludeObject } from '@shiplog/representation';
import { unwrap, throwStatus } from './errors';

/** The query parameters of a request, as they came. */
export type Query = Readonly<Record<string, string | string[] | undefined>>;

/** The first value of a parameter; undefined when it is missing or empty. */
export function param(query: Query, name: string): string | undefined {
  const value = query[name];
  const first = Array.isArray(value) ? value[0] : value;
  return first === undefined || first === '' ? undefined : first;
}

/** A yes or no, as Kubernetes reads one of a query: what is there is a yes, unless it is `false` or `0`. */
export function flagParam(query: Query, name: string): boolean {
  const value = query[name];
  const first = Array.isArray(value) ? value[0] : value;
  return first !== undefined && first !== '0' && first.toLowerCase() !== 'false';
}

/** A whole number that is not negative. 400 when it is something else. */
export function wholeParam(query: Query, name: string): number | undefined {
  const number = integerParam(query, name);
  if (number === undefined || number >= 0) return number;
  return throwStatus(statusOf.badRequest(`${name}: Invalid value: ${number}: must be greater than or equal to 0`));
}

const INT64_MAX = 2n ** 63n - 1n;
const UINT64_MAX = 2n ** 64n - 1n;

/** A whole number, which may be negative. 400 when it is something else. */
export function integerParam(query: Query, name: string): number | undefined {
  const text = param(query, name);
  return text === undefined ? undefined : unwrapNumber(parseGo('ParseInt', text, /^[+-]?\d+$/, INT64_MAX));
}

/** A number as Go's strconv reads it, or what it says of the text. */
function parseGo(by: 'ParseInt' | 'ParseUint', text: string, form: RegExp, most: bigint): number | { wrong: string } {
  const told = (wrong: string): { wrong: string } => ({
    wrong: `strconv.${by}: parsing ${JSON.stringify(text)}: ${wrong}`,
  });
  if (!form.test(text)) return told('invalid syntax');
  const number = BigInt(text.replace('+', ''));
  return number > most || number < -most - 1n ? told('value out of range') : Number(number);
}

function unwrapNumber(parsed: number | { wrong: string }, field = ''): number {
  return typeof parsed === 'number' ? parsed : throwStatus(statusOf.badRequest(`${field}${parsed.wrong}`));
}

/** Which version of the past or present is asked for. */
export type VersionAsked =
  | { readonly at: 'latest' }
  | { readonly at: 'any' }
  | { readonly at: 'exactly'; readonly position: number }
  | { readonly at: 'notOlderThan'; readonly position: number };

/**
 * Reads resourceVersion and resourceVersionMatch, as Kubernetes' table of their combinations says; what contradicts itself is
 * for `checkListOptions`. `Exact` is heeded for single objects too, which Kubernetes does not offer.
 */
export function versionAsked(query: Query): VersionAsked {
  const version = param(query, 'resourceVersion');
  const match = param(query, 'resourceVersionMatch');
  if (version === undefined) return { at: 'latest' };
  const position = unwrapNumber(
    parseGo('ParseUint', version, /^\d+$/, UINT64_MAX),
    `resourceVersion: Invalid value: ${JSON.stringify(version)}: `,
  );
  if (position === 0) return { at: 'any' };
  return { at: match === 'Exact' ? 'exactly' : 'notOlderThan', position };
}

/** Which objects are asked for. */
export interface Selection {
  readonly namespace: string;
  readonly labels: readonly LabelTerm[];
  readonly fields: readonly FieldTerm[];
  /** Only those that were made then or later, as objects tell it; undefined for whenever. */
  readonly since?: string | undefined;
  /** Selections of the same text choose alike: what they come to can be shared. */
  readonly key: string;
}

/** What narrows a selection beside its selectors: to one object, to those made since a time. */
export interface Narrowing {
  readonly name?: string | undefined;
  readonly since?: string | undefined;
}

/** Reads the selectors of a request. 400 when they can't be read. */
export function selectionOf(
  resource: VersionedResource,
  namespace: string,
  query: Query,
  { name, since }: Narrowing = {},
): Selection {
  const labelText = param(query, 'labelSelector') ?? '';
  const fieldText = param(query, 'fieldSelector') ?? '';
  const labels = labelText === '' ? [] : unwrap(parseLabelSelector(labelText));
  const fields = fieldText === '' ? [] : unwrap(parseFieldSelector(resource, fieldText));
  const named = name === undefined ? [] : [fieldTermOfName(name)];
  if (name !== undefined && fieldText !== '' && !requiresName(fieldText, name)) {
    throwStatus(statusOf.badRequest("fieldSelector metadata.name doesn't match requested name"));
  }
  return {
    namespace,
    labels,
    fields: [...fields, ...named],
    since,
    key: [namespace, labelText, fieldText, name ?? '', since ?? ''].join('\n'),
  };
}

/** Whether a field selector asks for the object that the path names, as it must where the path names one. */
function requiresName(selector: string, name: string): boolean {
  return selector.split(',').some((term) => term === `metadata.name=${name}` || term === `metadata.name==${name}`);
}

/** The object that Kubernetes reads the options of a write into; its refusals name it. */
export type WriteOptionsKind = 'CreateOptions' | 'UpdateOptions' | 'PatchOptions' | 'DeleteOptions';

/** Whether a write is only to be tried. 422 for anything but `All`. */
export function dryRunOf(values: unknown, kind: WriteOptionsKind): boolean {
  const list = (Array.isArray(values) ? values : [values]).filter((value) => value !== undefined && value !== '');
  if (list.length === 0) return false;
  if (list.every((value) => value === 'All')) return true;
  const { text } = GoSyntax.list(list as string[]);
  return throwStatus(unsupportedOption(kind, 'dryRun', text, '"All"'));
}

/** What to do about fields that the API does not know. */
export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

/** 422 for what is none. */
export function fieldValidationOf(query: Query, kind: WriteOptionsKind): FieldValidation {
  const text = param(query, 'fieldValidation') ?? 'Warn';
  if (text === 'Ignore' || text === 'Warn' || text === 'Strict') return text;
  return throwStatus(unsupportedOption(kind, 'fieldValidation', `"${text}"`, '"", "Ignore", "Strict", "Warn"'));
}

export function includeObjectOf(query: Query): IncludeObject {
  const text = param(query, 'includeObject') ?? 'Metadata';
  if (text === 'None' || text === 'Metadata' || text === 'Object') return text;
  return throwStatus(
    statusOf.badRequest(`includeObject: Unsupported value: "${text}": supported values: "Metadata", "None", "Object"`),
  );
}

/** Options of a delete, from the body (which wins) and the query. A negative grace period is for the journal to judge. */
export function deletionOf(
  query: Query,
  body: Record<string, unknown> | undefined,
): DeletionOptions & { dryRun: boolean } {
  const grace = body?.gracePeriodSeconds ?? integerParam(query, 'gracePeriodSeconds');
  if (grace !== undefined && grace !== null && !Number.isInteger(grace)) {
    throwStatus(statusOf.badRequest('gracePeriodSeconds: Invalid value: must be an integer'));
  }
  const preconditions = preconditionsOf(body?.preconditions);
  return {
    dryRun: dryRunOf(body?.dryRun ?? query.dryRun, 'DeleteOptions'),
    ...(typeof grace === 'number' ? { gracePeriodSeconds: grace } : {}),
    ...propagationOf(query, body),
    ...(preconditions === undefined ? {} : { preconditions }),
  };
}

function preconditionsOf(given: unknown): DeletionOptions['preconditions'] {
  if (given === undefined || given === null) return undefined;
  const { uid, resourceVersion } = given as Record<string, unknown>;
  for (const [name, value] of Object.entries({ uid, resourceVersion })) {
    if (value === undefined || value === null || typeof value === 'string') continue;
    throwStatus(statusOf.badRequest(`preconditions.${name}: Invalid value: must be a string`));
  }
  return {
    ...(typeof uid === 'string' ? { uid } : {}),
    ...(typeof resourceVersion === 'string' ? { resourceVersion } : {}),
  };
}

/** Whether dependents are to go too, said the old way. */
const isNo = (orphan: unknown): boolean => orphan === false || orphan === 'false';

/** What a deletion that has to wait is answered with: 202 only to who says the old way that dependents are to go too. */
export function codeOfWaiting(query: Query, body: Record<string, unknown> | undefined): number {
  return isNo(body?.orphanDependents ?? param(query, 'orphanDependents')) ? 202 : 200;
}

const POLICIES = '"Foreground", "Background", "Orphan", "nil"';

function propagationOf(
  query: Query,
  body: Record<string, unknown> | undefined,
): { propagationPolicy?: PropagationPolicy } {
  const policy = body?.propagationPolicy ?? param(query, 'propagationPolicy');
  const orphan = body?.orphanDependents ?? param(query, 'orphanDependents');
  if (policy === undefined || policy === null) {
    if (isNo(orphan)) return { propagationPolicy: 'Background' };
    return orphan === true || orphan === 'true' ? { propagationPolicy: 'Orphan' } : {};
  }
  if (typeof policy !== 'string')
    throwStatus(statusOf.badRequest('propagationPolicy: Invalid value: must be a string'));
  if (policy !== 'Background' && policy !== 'Foreground' && policy !== 'Orphan') {
    throwStatus(unsupportedOption('DeleteOptions', 'propagationPolicy', JSON.stringify(policy), POLICIES));
  }
  if (orphan !== undefined && orphan !== null) {
    const rule = 'orphanDependents and deletionPropagation cannot be both set';
    const message = `Invalid value: "${policy}": ${rule}`;
    throwStatus(invalidOption('DeleteOptions', { reason: 'FieldValueInvalid', message, field: 'propagationPolicy' }));
  }
  return { propagationPolicy: policy };
}

function unsupportedOption(kind: WriteOptionsKind, field: string, given: string, supported: string): KubeStatus {
  return invalidOption(kind, unsupportedCause(field, given, supported));
}

/** That an option has none of its values, which are named in Kubernetes' order and not in that of the alphabet. */
export function unsupportedCause(field: string, given: string, supported: string): StatusCause {
  const message = `Unsupported value: ${given}: supported values: ${supported}`;
  return { reason: 'FieldValueNotSupported', message, field };
}

function invalidOption(kind: WriteOptionsKind, cause: StatusCause): KubeStatus {
  return statusOf.invalid({ group: 'meta.k8s.io', plural: kind.toLowerCase(), kind }, '', [cause]);
}
