import type { Affinity, LabelSelector, PodAffinity, PodAffinityTerm } from '@shiplog/contracts';

type Labels = Readonly<Record<string, string>>;

/**
 * What a new pod asks of others by its own labels becomes part of the selectors, in place: the others must have the same values
 * (matchLabelKeys), or other ones (mismatchLabelKeys). As mutatePodAffinity does in Kubernetes; labels that change later change
 * nothing of it.
 */
export function applyLabelKeys({ podAffinity, podAntiAffinity }: Affinity, labels: Labels = {}): void {
  for (const term of [...termsIn(podAffinity), ...termsIn(podAntiAffinity)]) {
    // Without a selector it means no pods, whatever their labels.
    if (term.labelSelector === undefined) continue;
    append(term.labelSelector, 'In', term.matchLabelKeys, labels);
    append(term.labelSelector, 'NotIn', term.mismatchLabelKeys, labels);
  }
}

function termsIn(group: PodAffinity = {}): readonly PodAffinityTerm[] {
  const preferred = group.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const required = group.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  return [...preferred.map(({ podAffinityTerm }) => podAffinityTerm), ...required];
}

function append(selector: LabelSelector, operator: 'In' | 'NotIn', keys: readonly string[] = [], labels: Labels): void {
  for (const key of keys) {
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
    if (value === undefined) continue;
    selector.matchExpressions = [...(selector.matchExpressions ?? []), { key, operator, values: [value] }];
  }
}
