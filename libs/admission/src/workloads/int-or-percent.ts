import { GoSyntax, type Problems } from '@shiplog/apimachinery';

/** A number, or a part of one: `25%`. */
export type IntOrPercent = number | string;

const PERCENT = /^[0-9]+%$/;
const PERCENT_RULE =
  "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";

/** As Go writes the structure. */
export function goIntOrPercent(value: IntOrPercent): GoSyntax {
  const [type, number, text] = typeof value === 'number' ? [0, value, ''] : [1, 0, value];
  return new GoSyntax(`intstr.IntOrString{Type:${type}, IntVal:${number}, StrVal:${JSON.stringify(text)}}`);
}

/** Kubernetes' ValidatePositiveIntOrPercent. */
export function validateIntOrPercent(value: IntOrPercent, at: string, problems: Problems): void {
  if (typeof value === 'number') {
    if (value < 0) problems.invalid(at, value, 'must be greater than or equal to 0');
  } else if (!PERCENT.test(value)) problems.invalid(at, goIntOrPercent(value), PERCENT_RULE);
}

/** Kubernetes' IsNotMoreThan100Percent. */
export function validateAtMostAll(value: IntOrPercent, at: string, problems: Problems): void {
  if (typeof value === 'string' && PERCENT.test(value) && Number(value.slice(0, -1)) > 100) {
    problems.invalid(at, goIntOrPercent(value), 'must not be greater than 100%');
  }
}

/** Whether it comes to nothing, of whatever it is a part. */
export function isNothing(value: IntOrPercent): boolean {
  if (typeof value === 'number') return value === 0;
  return !PERCENT.test(value) || Number(value.slice(0, -1)) === 0;
}
