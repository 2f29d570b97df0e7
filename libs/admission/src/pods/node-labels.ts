import type { NodeSelectorTerm } from '@shiplog/contracts';

/** Labels of nodes that have another name today: since which version, and which (pkg/api/node in Kubernetes). */
const RENAMED: ReadonlyMap<string, readonly [since: string, today: string]> = new Map([
  ['beta.kubernetes.io/arch', ['v1.14', 'kubernetes.io/arch']],
  ['beta.kubernetes.io/os', ['v1.14', 'kubernetes.io/os']],
  ['failure-domain.beta.kubernetes.io/region', ['v1.17', 'topology.kubernetes.io/region']],
  ['failure-domain.beta.kubernetes.io/zone', ['v1.17', 'topology.kubernetes.io/zone']],
  ['beta.kubernetes.io/instance-type', ['v1.17', 'node.kubernetes.io/instance-type']],
]);

/** What a label of nodes is called today. */
export function nodeLabelToday(label: string): string {
  return RENAMED.get(label)?.[1] ?? label;
}

function adviceFor(label: string): string | undefined {
  const renamed = RENAMED.get(label);
  return renamed === undefined ? undefined : `deprecated since ${renamed[0]}; use "${renamed[1]}" instead`;
}

/** What a place is warned of that is called by a label with another name today; nothing for any other label. */
export function nodeLabelWarnings(label: string, at: string): string[] {
  const advice = adviceFor(label);
  return advice === undefined ? [] : [`${at}: ${advice}`];
}

/** The same where the place is not called by the label. */
export function namedNodeLabelWarnings(label: string, at: string): string[] {
  const advice = adviceFor(label);
  return advice === undefined ? [] : [`${at}: ${label} is ${advice}`];
}

/** Of the labels that a term chooses nodes by. */
export function nodeTermWarnings({ matchExpressions = [] }: NodeSelectorTerm, at: string): string[] {
  return matchExpressions.flatMap(({ key }, i) => namedNodeLabelWarnings(key, `${at}.matchExpressions[${i}].key`));
}
