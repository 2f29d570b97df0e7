import type {
  JobSpec,
  PodFailurePolicy,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyOnPodConditionsPattern,
  PodFailurePolicyRule,
} from '@shiplog/contracts';
import { GoSyntax, type Problems, qualifiedName } from '@shiplog/apimachinery';

const MAX_RULES = 20;
const MAX_EXIT_CODES = 255;
const MAX_PATTERNS = 20;
const ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore'];
const OPERATORS = ['In', 'NotIn'];
const STATUSES = ['False', 'True', 'Unknown'];

/** The text must be there, and be one of those that are supported. */
function validateChoice(value: string, supported: readonly string[], at: string, problems: Problems): void {
  const list = supported.map((item) => JSON.stringify(item)).join(' ');
  if (value === '') problems.required(at, `valid values: [${list}]`);
  else problems.unlessOneOf(at, value, supported);
}

/** Kubernetes' default of the conditions that a policy looks at. */
export function defaultPodFailurePolicy(policy: PodFailurePolicy | undefined): void {
  for (const { onPodConditions = [] } of policy?.rules ?? []) {
    for (const pattern of onPodConditions) pattern.status ||= 'True';
  }
}

/** Kubernetes' validatePodFailurePolicy. */
export function validatePodFailurePolicy(
  policy: PodFailurePolicy,
  spec: JobSpec,
  at: string,
  problems: Problems,
): void {
  if (policy.rules.length > MAX_RULES) problems.tooMany(`${at}.rules`, policy.rules.length, MAX_RULES);
  const { containers = [], initContainers = [] } = spec.template.spec ?? {};
  const names = new Set([...containers, ...initContainers].map(({ name }) => name));
  policy.rules.forEach((rule, i) => validateRule(rule, spec, names, `${at}.rules[${i}]`, problems));
}

function validateRule(
  { action, onExitCodes, onPodConditions = [] }: PodFailurePolicyRule,
  { backoffLimitPerIndex }: JobSpec,
  names: ReadonlySet<string>,
  at: string,
  problems: Problems,
): void {
  validateChoice(action, ACTIONS, `${at}.action`, problems);
  if (action === 'FailIndex' && backoffLimitPerIndex === undefined) {
    problems.invalid(`${at}.action`, action, 'requires the backoffLimitPerIndex to be set');
  }
  if (onExitCodes !== undefined) validateExitCodes(onExitCodes, names, `${at}.onExitCodes`, problems);
  validatePatterns(onPodConditions, `${at}.onPodConditions`, problems);
  if (onExitCodes !== undefined && onPodConditions.length > 0) {
    problems.unfit(at, 'specifying both OnExitCodes and OnPodConditions is not supported');
  }
  if (onExitCodes === undefined && onPodConditions.length === 0) {
    problems.unfit(at, 'specifying one of OnExitCodes and OnPodConditions is required');
  }
}

function validatePatterns(
  patterns: readonly PodFailurePolicyOnPodConditionsPattern[],
  at: string,
  problems: Problems,
): void {
  if (patterns.length > MAX_PATTERNS) problems.tooMany(at, patterns.length, MAX_PATTERNS);
  patterns.forEach(({ type, status = '' }, i) => {
    problems.breaches(`${at}[${i}].type`, type, qualifiedName);
    validateChoice(status, STATUSES, `${at}[${i}].status`, problems);
  });
}

function validateExitCodes(
  { operator, containerName, values }: PodFailurePolicyOnExitCodesRequirement,
  names: ReadonlySet<string>,
  at: string,
  problems: Problems,
): void {
  validateChoice(operator, OPERATORS, `${at}.operator`, problems);
  if (containerName !== undefined && !names.has(containerName)) {
    const rule = 'must be one of the container or initContainer names in the pod template';
    problems.invalid(`${at}.containerName`, containerName, rule);
  }
  if (values.length === 0) problems.invalid(`${at}.values`, goNumbers(values), 'at least one value is required');
  if (values.length > MAX_EXIT_CODES) problems.tooMany(`${at}.values`, values.length, MAX_EXIT_CODES);
  const seen = new Set<number>();
  values.forEach((value, i) => {
    const here = `${at}.values[${i}]`;
    if (operator === 'In' && value === 0) problems.invalid(here, value, 'must not be 0 for the In operator');
    if (seen.has(value)) problems.duplicate(here, value);
    seen.add(value);
  });
  if (values.some((value, i) => i > 0 && (values[i - 1] ?? 0) > value)) {
    problems.invalid(`${at}.values`, goNumbers(values), 'must be ordered');
  }
}

/** As Go writes the list. */
function goNumbers(values: readonly number[]): GoSyntax {
  return new GoSyntax(`[]int32{${values.join(', ')}}`);
}
