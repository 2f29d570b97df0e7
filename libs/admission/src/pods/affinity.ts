import type {
  Affinity,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinityTerm,
} from '@shiplog/contracts';
import { dnsLabel, dnsSubdomain, type Problems, qualifiedName } from '@shiplog/apimachinery';
import { validateLabelSelector, validateRequirement } from './label-selector';

const NODE_OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'];

/** Kubernetes' rules for node affinity, pod affinity and pod anti-affinity. */
export function validateAffinity(affinity: Affinity, at: string, problems: Problems): void {
  const { nodeAffinity, podAffinity, podAntiAffinity } = affinity;
  const required = nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (required !== undefined) {
    validateNodeSelector(required, `${at}.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution`, problems);
  }
  nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution?.forEach(({ weight, preference }, i) => {
    const here = `${at}.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[${i}]`;
    validateWeight(weight, here, problems);
    validateNodeTerm(preference, `${here}.preference`, problems);
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

/** Kubernetes' rules for what chooses nodes (ValidateNodeSelector). */
export function validateNodeSelector({ nodeSelectorTerms: terms }: NodeSelector, at: string, problems: Problems): void {
  const here = `${at}.nodeSelectorTerms`;
  if (terms.length === 0) problems.required(here, 'must have at least one node selector term');
  terms.forEach((term, i) => validateNodeTerm(term, `${here}[${i}]`, problems));
}

function validateWeight(weight: number, at: string, problems: Problems): void {
  if (weight < 1 || weight > 100) problems.invalid(`${at}.weight`, weight, 'must be in the range 1-100');
}

function validateNodeTerm(term: NodeSelectorTerm, at: string, problems: Problems): void {
  term.matchExpressions?.forEach(({ key, operator, values = [] }, i) => {
    const here = `${at}.matchExpressions[${i}]`;
    validateRequirement(operator, values, NODE_OPERATORS, here, problems);
    problems.breaches(`${here}.key`, key, qualifiedName);
  });
  term.matchFields?.forEach((requirement, i) => validateNodeField(requirement, `${at}.matchFields[${i}]`, problems));
}

/** The only field of a node that can be asked for is its name. */
function validateNodeField(
  { key, operator, values = [] }: NodeSelectorRequirement,
  at: string,
  problems: Problems,
): void {
  if (operator !== 'In' && operator !== 'NotIn') {
    problems.invalid(`${at}.operator`, operator, 'not a valid selector operator');
  } else if (values.length !== 1) {
    const rule = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
    problems.required(`${at}.values`, rule);
  }
  if (key !== 'metadata.name') problems.invalid(`${at}.key`, key, 'not a valid field selector key');
  else values.forEach((value, i) => problems.breaches(`${at}.values[${i}]`, value, dnsSubdomain));
}

/** Kubernetes says of the field `namespaces` what is wrong with a namespace, by the name `namespace`. */
function validatePodTerm(term: PodAffinityTerm, at: string, problems: Problems): void {
  const { labelSelector, namespaceSelector, namespaces, topologyKey } = term;
  if (labelSelector !== undefined) validateLabelSelector(labelSelector, `${at}.labelSelector`, problems);
  if (namespaceSelector !== undefined) validateLabelSelector(namespaceSelector, `${at}.namespaceSelector`, problems);
  for (const namespace of namespaces ?? []) problems.breaches(`${at}.namespace`, namespace, dnsLabel);
  validateLabelKeys(term, at, problems);
  if (topologyKey === '') problems.required(`${at}.topologyKey`, 'can not be empty');
  problems.breaches(`${at}.topologyKey`, topologyKey, qualifiedName);
}

/** The selector has the keys by now (see `applyLabelKeys`): one that is there twice was there before. */
function validateKeysOnce(
  { matchLabelKeys = [], labelSelector }: PodAffinityTerm,
  at: string,
  problems: Problems,
): void {
  const seen = new Set(Object.keys(labelSelector?.matchLabels ?? {}));
  for (const { key } of labelSelector?.matchExpressions ?? []) {
    const i = matchLabelKeys.lastIndexOf(key);
    if (i !== -1 && seen.has(key)) {
      problems.invalid(`${at}[${i}]`, key, 'exists in both matchLabelKeys and labelSelector');
    }
    seen.add(key);
  }
}

/** Labels whose values are taken from the pod itself, to be the same or others. */
function validateLabelKeys(term: PodAffinityTerm, at: string, problems: Problems): void {
  for (const field of ['matchLabelKeys', 'mismatchLabelKeys'] as const) {
    const keys = term[field] ?? [];
    if (keys.length > 0 && term.labelSelector === undefined) {
      problems.forbidden(`${at}.${field}`, 'must not be specified when labelSelector is not set');
    } else keys.forEach((key, i) => problems.breaches(`${at}.${field}[${i}]`, key, qualifiedName));
  }
  validateKeysOnce(term, at, problems);
  const others = new Set(term.mismatchLabelKeys);
  term.matchLabelKeys?.forEach((key, i) => {
    if (!others.has(key)) return;
    const rule = 'exists in both matchLabelKeys and mismatchLabelKeys';
    problems.invalid(`${at}.matchLabelKeys[${i}]`, key, rule);
  });
}
