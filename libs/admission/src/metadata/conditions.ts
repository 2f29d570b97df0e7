import type { Condition } from '@shiplog/contracts';
import { type Problems, qualifiedName } from '@shiplog/apimachinery';

const STATUSES = ['True', 'False', 'Unknown'];
const MAX_REASON = 1_024;
const MAX_MESSAGE = 32_768;
const REASON_FORMAT = '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?';
const REASON = /^[A-Za-z](?:[A-Za-z0-9_,:]*[A-Za-z0-9_])?$/;
const REASON_RULE = `a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is '${REASON_FORMAT}')`;

/** Kubernetes' rules for conditions of the type that all newer kinds share (ValidateConditions of meta/v1). */
export function validateConditions(conditions: readonly Condition[], at: string, problems: Problems): void {
  const types = new Set<string>();
  conditions.forEach((condition, i) => {
    const here = `${at}[${i}]`;
    if (types.has(condition.type)) problems.duplicate(`${here}.type`, condition.type);
    types.add(condition.type);
    validateCondition(condition, here, problems);
  });
}

function validateCondition(condition: Partial<Condition>, at: string, problems: Problems): void {
  const { type = '', status = '', observedGeneration: generation = 0, reason = '', message = '' } = condition;
  if (type === '') problems.required(`${at}.type`);
  else problems.breaches(`${at}.type`, type, qualifiedName);
  if (!STATUSES.includes(status)) problems.notSupported(`${at}.status`, status, STATUSES);
  if (generation < 0) {
    problems.invalid(`${at}.observedGeneration`, generation, 'must be greater than or equal to zero');
  }
  if (condition.lastTransitionTime === undefined) problems.required(`${at}.lastTransitionTime`);
  if (reason === '') problems.required(`${at}.reason`);
  else if (!REASON.test(reason)) problems.invalid(`${at}.reason`, reason, REASON_RULE);
  if (Buffer.byteLength(reason) > MAX_REASON) problems.tooLong(`${at}.reason`, MAX_REASON);
  if (Buffer.byteLength(message) > MAX_MESSAGE) problems.tooLong(`${at}.message`, MAX_MESSAGE);
}
