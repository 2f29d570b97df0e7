import type { HorizontalPodAutoscalerBehavior, HPAScalingPolicy, HPAScalingRules } from '@shiplog/contracts';
import type { Problems } from '@shiplog/apimachinery';

const MAX_PERIOD_SECONDS = 1_800;
const MAX_WINDOW_SECONDS = 3_600;
const SELECT_POLICIES = ['Max', 'Min', 'Disabled'];
const POLICY_TYPES = ['Pods', 'Percent'];

/** Kubernetes' rules for how fast the number of pods may go up and down. */
export function validateBehavior(
  { scaleUp, scaleDown }: HorizontalPodAutoscalerBehavior,
  at: string,
  problems: Problems,
): void {
  if (scaleUp !== undefined) validateRules(scaleUp, `${at}.scaleUp`, problems);
  if (scaleDown !== undefined) validateRules(scaleDown, `${at}.scaleDown`, problems);
}

function validateRules(
  { stabilizationWindowSeconds: window = 0, selectPolicy, policies = [] }: HPAScalingRules,
  at: string,
  problems: Problems,
): void {
  const here = `${at}.stabilizationWindowSeconds`;
  if (window < 0) problems.invalid(here, window, 'must be greater than or equal to zero');
  if (window > MAX_WINDOW_SECONDS) {
    problems.invalid(here, window, `must be less than or equal to ${MAX_WINDOW_SECONDS}`);
  }
  problems.unlessOneOf(`${at}.selectPolicy`, selectPolicy, SELECT_POLICIES);
  if (policies.length === 0) problems.required(`${at}.policies`, 'must specify at least one Policy');
  policies.forEach((policy, i) => validatePolicy(policy, `${at}.policies[${i}]`, problems));
}

function validatePolicy({ type, value, periodSeconds }: HPAScalingPolicy, at: string, problems: Problems): void {
  problems.unlessOneOf(`${at}.type`, type, POLICY_TYPES);
  if (value <= 0) problems.invalid(`${at}.value`, value, 'must be greater than zero');
  if (periodSeconds <= 0) problems.invalid(`${at}.periodSeconds`, periodSeconds, 'must be greater than zero');
  if (periodSeconds > MAX_PERIOD_SECONDS) {
    problems.invalid(`${at}.periodSeconds`, periodSeconds, `must be less than or equal to ${MAX_PERIOD_SECONDS}`);
  }
}
