import type { Affinity, LabelSelector, NodeSelectorTerm, PodAffinityTerm } from '@shiplog/contracts';
import type { Problems } from '../problems';
import { qualifiedName } from '../values/names';

const NODE_OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'];
const LABEL_OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist'];

/** Kubernetes' rules for node affinity, pod affinity and pod anti-affinity. */
export function validateAffinity(affinity: Affinity, at: string, problems: Problems): void {
  const { nodeAffinity, podAffinity, podAntiAffinity } = affinity;
  const required = nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (required !== undefined) {
    const here = `${at}.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`;
    const terms = required.nodeSelectorTerms ?? [];
    if (terms.length === 0) problems.required(here, 'must have at least one node selector term');
    terms.forEach((term, i) => validateNodeTerm(term, `${here}[${i}]`, problems));
  }
  nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution?.forEach(({ weight, preference }, i) => {
    const here = `${at}.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[${i}]`;
    validateWeight(weight, here, problems);
    validateNodeTerm(preference ?? {}, `${here}.preference`, problems);
  });
  for (const [field, group] of [
    ['podAffinity', podAffinity],
    ['podAntiAffinity', podAntiAffinity],
  ] as const) {
    group?.requiredDuringSchedulingIgnoredDuringExecution?.forEach((term, i) => {
      validatePodTerm(term, `${at}.${field}.requiredDuringSchedulingIgnoredDuringExecution[${i}]`, problems);
    });
    group?.preferredDuringSchedulingIgnoredDuringExecution?.forEach(({ weight, podAffinityTerm }, i) => {
      const here = `${at}.${field}.preferredDuringSchedulingIgnoredDuringExecution[${i}]`;
      validateWeight(weight, here, problems);
      validatePodTerm(podAffinityTerm, `${here}.podAffinityTerm`, problems);
    });
  }
}

function validateWeight(weight: number | undefined, at: string, problems: Problems): void {
  if (weight === undefined || weight < 1 || weight > 100) {
    problems.invalid(`${at}.weight`, weight ?? 0, 'must be in the range 1-100');
  }
}

function validateNodeTerm(term: NodeSelectorTerm, at: string, problems: Problems): void {
  term.matchExpressions?.forEach(({ key, operator, values = [] }, i) => {
    const here = `${at}.matchExpressions[${i}]`;
    validateRequirement(operator, values, NODE_OPERATORS, here, problems);
    for (const wrong of qualifiedName(key ?? '')) problems.invalid(`${here}.key`, key ?? '', wrong);
  });
}

function validatePodTerm(term: PodAffinityTerm | undefined, at: string, problems: Problems): void {
  const topologyKey = term?.topologyKey ?? '';
  if (topologyKey === '') problems.required(`${at}.topologyKey`, 'can not be empty');
  for (const wrong of qualifiedName(topologyKey)) problems.invalid(`${at}.topologyKey`, topologyKey, wrong);
  if (term?.labelSelector !== undefined) validateLabelSelector(term.labelSelector, `${at}.labelSelector`, problems);
}

/** Kubernetes' rules for a LabelSelector object. */
export function validateLabelSelector(selector: LabelSelector, at: string, problems: Problems): void {
  for (const key in selector.matchLabels) {
    for (const wrong of qualifiedName(key)) problems.invalid(`${at}.matchLabels`, key, wrong);
  }
  selector.matchExpressions?.forEach(({ key, operator, values = [] }, i) => {
    const here = `${at}.matchExpressions[${i}]`;
    validateRequirement(operator, values, LABEL_OPERATORS, here, problems);
    for (const wrong of qualifiedName(key ?? '')) problems.invalid(`${here}.key`, key ?? '', wrong);
  });
}

function validateRequirement(
  operator: string | undefined,
  values: readonly string[],
  operators: readonly string[],
  at: string,
  problems: Problems,
): void {
  switch (operators.includes(operator ?? '') ? operator : undefined) {
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
      problems.invalid(`${at}.operator`, operator ?? '', 'not a valid selector operator');
  }
}
