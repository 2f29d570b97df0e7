import { matchesLabels, termsOf, type LabelTerm } from '@shiplog/apimachinery';
import type { LabelSelector } from '@shiplog/contracts';

type Labels = Readonly<Record<string, string>>;

/** What is looked at of a pod to tell whether others mean it. */
export interface SelectablePod {
  readonly namespace: string;
  readonly labels: Labels;
  readonly isTerminating: boolean;
}

/** Which pods are meant: those of some namespaces whose labels meet all terms. */
export interface PodChoice {
  readonly namespaces: readonly string[];
  /** Further namespaces, by their labels. */
  readonly namespacesWith?: readonly LabelTerm[];
  /** Undefined: no pod, whatever its labels. */
  readonly labels: readonly LabelTerm[] | undefined;
}

/** Pods that are meant by every one of some choices. Who means the same has an equal `key`. */
export interface PodMatcher {
  readonly key: string;
  readonly choices: readonly PodChoice[];
  /** Spreading does not count pods that are being deleted; affinity does. */
  readonly skipsTerminating: boolean;
}

/** Matches what every one of these choices means: one at least. */
export function podMatcher(choices: readonly PodChoice[], { skipsTerminating = false } = {}): PodMatcher {
  const parts = choices.map(({ namespaces, namespacesWith, labels }) => [
    [...new Set(namespaces)].sort(),
    canonical(namespacesWith),
    canonical(labels),
  ]);
  return { key: JSON.stringify([skipsTerminating, ...parts]), choices, skipsTerminating };
}

function canonical(terms: readonly LabelTerm[] | undefined): readonly string[] | null {
  return terms === undefined ? null : [...new Set(terms.map((term) => JSON.stringify(term)))].sort();
}

/** As Kubernetes reads a selector: absent, it chooses nothing; empty, everything. */
export function labelTerms(selector: LabelSelector | undefined): readonly LabelTerm[] | undefined {
  return selector === undefined ? undefined : termsOf(selector);
}

/** @param namespaceLabels of the pod's namespace */
export function matchesPod(matcher: PodMatcher, pod: SelectablePod, namespaceLabels: Labels): boolean {
  if (matcher.skipsTerminating && pod.isTerminating) return false;
  return matcher.choices.every((choice) => isChosen(choice, pod, namespaceLabels));
}

function isChosen(
  { namespaces, namespacesWith, labels }: PodChoice,
  pod: SelectablePod,
  namespaceLabels: Labels,
): boolean {
  if (labels === undefined) return false;
  const isThere =
    namespaces.includes(pod.namespace) ||
    (namespacesWith !== undefined && matchesLabels(namespacesWith, namespaceLabels));
  return isThere && matchesLabels(labels, pod.labels);
}
