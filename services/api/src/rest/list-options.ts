import { statusOf } from '@shiplog/apimachinery';
import type { StatusCause } from '@shiplog/contracts';
import { throwStatus } from './errors';
import { param, type Query } from './options';

const MATCH = 'resourceVersionMatch';
const LIST_OPTIONS = { group: 'meta.k8s.io', plural: 'listoptions', kind: 'ListOptions' };

/**
 * 422 for options of a list or a watch that contradict each other: ValidateListOptions in apimachinery's
 * apis/meta/internalversion/validation.
 */
export function checkListOptions(query: Query, isWatch: boolean): void {
  const causes = isWatch ? watchProblems(query) : listProblems(query);
  if (causes.length > 0) throwStatus(statusOf.invalid(LIST_OPTIONS, '', causes));
}

function listProblems(query: Query): StatusCause[] {
  const match = param(query, MATCH);
  const version = param(query, 'resourceVersion');
  const found: StatusCause[] = [];
  if (match !== undefined) {
    if (version === undefined) found.push(forbidden(MATCH, `${MATCH} is forbidden unless resourceVersion is provided`));
    found.push(...withContinue(query));
    if (match !== 'Exact' && match !== 'NotOlderThan') found.push(unsupported(match, ['Exact', 'NotOlderThan', '']));
    if (match === 'Exact' && version === '0') {
      found.push(forbidden(MATCH, `${MATCH} "exact" is forbidden for resourceVersion "0"`));
    }
  }
  if (query.sendInitialEvents !== undefined) {
    found.push(forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  }
  return found;
}

function watchProblems(query: Query): StatusCause[] {
  const match = param(query, MATCH);
  const isInitial = query.sendInitialEvents !== undefined;
  const found: StatusCause[] = [];
  if (isInitial && match !== 'NotOlderThan') {
    found.push(forbidden(MATCH, `sendInitialEvents requires setting ${MATCH} to NotOlderThan`));
  }
  if (match === undefined) return found;
  if (!isInitial) {
    found.push(forbidden(MATCH, `${MATCH} is forbidden for watch unless sendInitialEvents is provided`));
  }
  if (match !== 'NotOlderThan') found.push(unsupported(match, ['NotOlderThan']));
  return [...found, ...withContinue(query)];
}

function withContinue(query: Query): StatusCause[] {
  if (param(query, 'continue') === undefined) return [];
  return [forbidden(MATCH, `${MATCH} is forbidden when continue is provided`)];
}

function forbidden(field: string, rule: string): StatusCause {
  return { reason: 'FieldValueForbidden', message: `Forbidden: ${rule}`, field };
}

function unsupported(match: string, supported: readonly string[]): StatusCause {
  const list = supported.map((value) => JSON.stringify(value)).join(', ');
  const message = `Unsupported value: ${JSON.stringify(match)}: supported values: ${list}`;
  return { reason: 'FieldValueNotSupported', message, field: MATCH };
}
