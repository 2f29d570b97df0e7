import type { PodSchedulingGate, PodSpec, Toleration, TopologySpreadConstraint } from '@shiplog/contracts';
import { labelValue, type Problems, qualifiedName } from '@shiplog/apimachinery';
import { validateLabels } from '../metadata/validate';
import { validateAffinity } from './affinity';
import { validateLabelSelector } from './label-selector';

const OPERATORS = ['Equal', 'Exists'];
const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
const WHEN_UNSATISFIABLE = ['DoNotSchedule', 'ScheduleAnyway'];
const INCLUSION_POLICIES = ['Honor', 'Ignore'];

/** Kubernetes' rules for everything that says where a pod may run, and from when on. */
export function validatePlacement(spec: PodSpec, at: string, problems: Problems): void {
  validateLabels(spec.nodeSelector, `${at}.nodeSelector`, problems);
  validateTolerations(spec.tolerations ?? [], `${at}.tolerations`, problems);
  if (spec.affinity !== undefined) validateAffinity(spec.affinity, `${at}.affinity`, problems);
  validateSpreading(spec.topologySpreadConstraints ?? [], `${at}.topologySpreadConstraints`, problems);
  validateGates(spec.schedulingGates ?? [], `${at}.schedulingGates`, problems);
}

function validateGates(gates: readonly PodSchedulingGate[], at: string, problems: Problems): void {
  if (gates.length === 0) return;
  const names = new Set<string>();
  gates.forEach(({ name }, i) => {
    problems.breaches(`${at}[${i}]`, name, qualifiedName);
    if (names.has(name)) problems.duplicate(`${at}[${i}]`, name);
    names.add(name);
  });
}

/** Kubernetes' rules for tolerations. */
export function validateTolerations(tolerations: readonly Toleration[], at: string, problems: Problems): void {
  tolerations.forEach((toleration, i) => {
    const here = `${at}[${i}]`;
    const { key, operator = '', value = '', effect, tolerationSeconds } = toleration;
    if (key !== undefined) problems.breaches(`${here}.key`, key, qualifiedName);
    else if (operator !== 'Exists') {
      const rule = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
      problems.invalid(`${here}.operator`, operator, rule);
    }
    if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
      problems.invalid(`${here}.effect`, effect ?? '', "effect must be 'NoExecute' when `tolerationSeconds` is set");
    }
    if (operator === 'Exists') {
      if (value !== '')
        problems.invalid(`${here}.operator`, toleration, "value must be empty when `operator` is 'Exists'");
    } else if (operator === '' || operator === 'Equal') problems.breaches(`${here}.operator`, value, labelValue);
    else problems.unlessOneOf(`${here}.operator`, operator, OPERATORS);
    problems.unlessOneOf(`${here}.effect`, effect, EFFECTS);
  });
}

function validateSpreading(constraints: readonly TopologySpreadConstraint[], at: string, problems: Problems): void {
  if (constraints.length === 0) return;
  // Of two of a kind it is the earlier one that Kubernetes complains about.
  const last = new Map(constraints.map((item, i) => [`{${item.topologyKey}, ${item.whenUnsatisfiable}}`, i]));
  constraints.forEach((constraint, i) => {
    const here = `${at}[${i}]`;
    const { maxSkew, topologyKey, whenUnsatisfiable, labelSelector } = constraint;
    if (maxSkew <= 0) problems.invalid(`${here}.maxSkew`, maxSkew, 'must be greater than zero');
    if (topologyKey === '') problems.required(`${here}.topologyKey`, 'can not be empty');
    problems.unlessOneOf(`${here}.whenUnsatisfiable`, whenUnsatisfiable, WHEN_UNSATISFIABLE);
    const kind = `{${topologyKey}, ${whenUnsatisfiable}}`;
    if (last.get(kind) !== i) problems.duplicate(`${here}.{topologyKey, whenUnsatisfiable}`, kind);
    validateMinDomains(constraint, `${here}.minDomains`, problems);
    problems.unlessOneOf(`${here}.nodeAffinityPolicy`, constraint.nodeAffinityPolicy, INCLUSION_POLICIES);
    problems.unlessOneOf(`${here}.nodeTaintsPolicy`, constraint.nodeTaintsPolicy, INCLUSION_POLICIES);
    validateMatchLabelKeys(constraint, `${here}.matchLabelKeys`, problems);
    if (labelSelector !== undefined) validateLabelSelector(labelSelector, `${here}.labelSelector`, problems);
  });
}

function validateMinDomains(
  { minDomains, whenUnsatisfiable }: TopologySpreadConstraint,
  at: string,
  problems: Problems,
): void {
  if (minDomains === undefined) return;
  if (minDomains <= 0) problems.invalid(at, minDomains, 'must be greater than zero');
  if (whenUnsatisfiable !== 'DoNotSchedule') {
    const rule = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`;
    problems.invalid(at, minDomains, rule);
  }
}

function validateMatchLabelKeys(
  { matchLabelKeys = [], labelSelector }: TopologySpreadConstraint,
  at: string,
  problems: Problems,
): void {
  if (matchLabelKeys.length > 0 && labelSelector === undefined) {
    problems.forbidden(at, 'must not be specified when labelSelector is not set');
  }
  const selected = new Set(Object.keys(labelSelector?.matchLabels ?? {}));
  for (const { key } of labelSelector?.matchExpressions ?? []) selected.add(key);
  matchLabelKeys.forEach((key, i) => {
    problems.breaches(`${at}[${i}]`, key, qualifiedName);
    if (selected.has(key)) problems.invalid(`${at}[${i}]`, key, 'exists in both matchLabelKeys and labelSelector');
  });
}
