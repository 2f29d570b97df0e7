import { matchesLabels, type LabelTerm } from '@shiplog/apimachinery';
import type { TopologySpreadConstraint } from '@shiplog/contracts';
import type { NodeFacts } from '../facts/node-facts';
import type { PodFacts } from '../facts/pod-facts';
import { nodeAffinity } from '../rules/node-affinity';
import { taintToleration } from '../rules/taints';
import { labelOf, type Among } from './node-domains';
import { labelTerms, podMatcher, type PodMatcher } from './pod-matcher';

/** How evenly pods are to be spread over the domains of a label of nodes. */
export interface SpreadConstraint {
  readonly topologyKey: string;
  readonly maxSkew: number;
  /** With fewer domains than these, the emptiest counts as empty. */
  readonly minDomains: number;
  /** The pods that are counted; undefined: none (an empty selector counts none, as in Kubernetes). */
  readonly counted: PodMatcher | undefined;
  /** 1 when the pod would be one of them. */
  readonly self: 0 | 1;
  /** The nodes whose pods are counted, and whose domains there are. */
  readonly among: Among;
}

/** Those of a pod that say the same of what is to be when they can't be met. */
export function spreadConstraints(
  pod: PodFacts,
  whenUnsatisfiable: 'DoNotSchedule' | 'ScheduleAnyway',
): readonly SpreadConstraint[] {
  const all = pod.pod.spec?.topologySpreadConstraints;
  if (all === undefined) return NONE;
  const asked = all.filter((constraint) => constraint.whenUnsatisfiable === whenUnsatisfiable);
  const topologyKeys = asked.map(({ topologyKey }) => topologyKey);
  return asked.map((constraint) => {
    const { topologyKey, maxSkew, minDomains = 1 } = constraint;
    const among = amongNodes(pod, topologyKeys, constraint);
    return { topologyKey, maxSkew, minDomains, among, ...countedBy(pod, selectorOf(constraint, pod)) };
  });
}

const NONE: readonly SpreadConstraint[] = [];

/** Which pods of the pod's namespace are counted that a selector chooses, and whether the pod is one. */
export function countedBy(
  { namespace, labels }: PodFacts,
  terms: readonly LabelTerm[] | undefined,
): Pick<SpreadConstraint, 'counted' | 'self'> {
  const isNone = terms === undefined || terms.length === 0;
  return {
    counted: isNone ? undefined : podMatcher([{ namespaces: [namespace], labels: terms }], { skipsTerminating: true }),
    self: terms !== undefined && matchesLabels(terms, labels) ? 1 : 0,
  };
}

/** Of `matchLabelKeys` those labels that the pod has: the others must have them too. */
function selectorOf(constraint: TopologySpreadConstraint, { labels }: PodFacts): readonly LabelTerm[] | undefined {
  const terms = labelTerms(constraint.labelSelector);
  const same = (constraint.matchLabelKeys ?? []).flatMap((key): LabelTerm[] => {
    const value = labels[key];
    return value === undefined ? [] : [{ op: 'in', key, values: [value] }];
  });
  return terms === undefined && same.length === 0 ? undefined : [...same, ...(terms ?? [])];
}

type Inclusion = Pick<TopologySpreadConstraint, 'nodeAffinityPolicy' | 'nodeTaintsPolicy'>;

/**
 * Nodes that have all the labels and that the pod may go to: as its node selector and affinity say (unless `nodeAffinityPolicy` is
 * Ignore), and their taints (if `nodeTaintsPolicy` is Honor).
 */
export function amongNodes(
  pod: PodFacts,
  topologyKeys: readonly string[],
  { nodeAffinityPolicy = 'Honor', nodeTaintsPolicy = 'Ignore' }: Inclusion = {},
): Among {
  const { nodeSelector, affinity, tolerations } = pod.pod.spec ?? {};
  const isChosen = nodeAffinityPolicy === 'Honor' ? nodeAffinity.check(pod) : undefined;
  const isTolerated = nodeTaintsPolicy === 'Honor' ? taintToleration.check(pod) : undefined;
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const chosenBy = isChosen === undefined ? 0 : [nodeSelector, required];
  const toleratedBy = isTolerated === undefined ? 0 : (tolerations ?? []);
  return {
    name: JSON.stringify([topologyKeys, chosenBy, toleratedBy]),
    has: (node: NodeFacts) =>
      topologyKeys.every((key) => labelOf(node, key) !== undefined) &&
      isChosen?.(node) === undefined &&
      isTolerated?.(node) === undefined,
  };
}
