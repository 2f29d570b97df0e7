import { Problems, statusOf } from '@shiplog/apimachinery';
import { throwStatus } from './errors';
import { param, unsupportedCause, type Query } from './options';

const MATCH = 'resourceVersionMatch';
const LIST_OPTIONS = { group: 'meta.k8s.io', plural: 'listoptions', kind: 'ListOptions' };

/**
 * 422 for options of a list or a watch that contradict each other: ValidateListOptions in apimachinery's
 * apis/meta/internalversion/validation.
 */
export function checkListOptions(query: Query, isWatch: boolean): void {
  const problems = new Problems();
  if (isWatch) checkWatch(query, problems);
  else checkList(query, problems);
  if (!problems.none) throwStatus(statusOf.invalid(LIST_OPTIONS, '', problems.causes));
}

function checkList(query: Query, problems: Problems): void {
  const match = param(query, MATCH);
  const version = param(query, 'resourceVersion');
  if (match !== undefined) {
    if (version === undefined) problems.forbidden(MATCH, `${MATCH} is forbidden unless resourceVersion is provided`);
    checkContinue(query, problems);
    if (match !== 'Exact' && match !== 'NotOlderThan') unsupported(match, '"Exact", "NotOlderThan", ""', problems);
    if (match === 'Exact' && version === '0') {
      problems.forbidden(MATCH, `${MATCH} "exact" is forbidden for resourceVersion "0"`);
    }
  }
  if (query.sendInitialEvents !== undefined) {
    problems.forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list');
  }
}

function checkWatch(query: Query, problems: Problems): void {
  const match = param(query, MATCH);
  const isInitial = query.sendInitialEvents !== undefined;
  if (isInitial && match !== 'NotOlderThan') {
    problems.forbidden(MATCH, `sendInitialEvents requires setting ${MATCH} to NotOlderThan`);
  }
  if (match === undefined) return;
  if (!isInitial) {
    problems.forbidden(MATCH, `${MATCH} is forbidden for watch unless sendInitialEvents is provided`);
  }
  if (match !== 'NotOlderThan') unsupported(match, '"NotOlderThan"', problems);
  checkContinue(query, problems);
}

function checkContinue(query: Query, problems: Problems): void {
  if (param(query, 'continue') === undefined) return;
  problems.forbidden(MATCH, `${MATCH} is forbidden when continue is provided`);
}

function unsupported(match: string, supported: string, problems: Problems): void {
  problems.causes.push(unsupportedCause(MATCH, JSON.stringify(match), supported));
}
