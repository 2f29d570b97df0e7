import type { LabelSelector } from '@shiplog/contracts';
import { labelValue, type Problems, qualifiedName } from '@shiplog/apimachinery';
import { validateLabels } from '../metadata/validate';

const LABEL_OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist'];

/** Kubernetes' rules for a LabelSelector object. */
export function validateLabelSelector(selector: LabelSelector, at: string, problems: Problems): void {
  validateLabels(selector.matchLabels, `${at}.matchLabels`, problems);
  selector.matchExpressions?.forEach(({ key, operator, values = [] }, i) => {
    const here = `${at}.matchExpressions[${i}]`;
    validateRequirement(operator, values, LABEL_OPERATORS, here, problems);
    problems.breaches(`${here}.key`, key, qualifiedName);
    values.forEach((value, n) => problems.breaches(`${here}.values[${n}]`, value, labelValue));
  });
}

/** Whether a requirement has as many values as its operator takes. */
export function validateRequirement(
  operator: string,
  values: readonly string[],
  operators: readonly string[],
  at: string,
  problems: Problems,
): void {
  switch (operators.includes(operator) ? operator : undefined) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) {
        problems.required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'");
      }
      return;
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) {
        problems.forbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
      }
      return;
    case 'Gt':
    case 'Lt':
      if (values.length !== 1) {
        problems.required(`${at}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'");
      }
      return;
    default:
      problems.invalid(`${at}.operator`, operator, 'not a valid selector operator');
  }
}
