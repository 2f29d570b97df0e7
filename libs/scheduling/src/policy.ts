import type { Filter, Score } from './rule';
import { balancedAllocation } from './rules/balanced-allocation/balanced-allocation';
import { leastAllocated } from './rules/least-allocated/least-allocated';
import { nodeAffinity } from './rules/node-affinity/node-affinity';
import { nodeName } from './rules/node-name/node-name';
import { nodePorts } from './rules/node-ports/node-ports';
import { nodeResourcesFit } from './rules/node-resources-fit/node-resources-fit';
import { nodeUnschedulable } from './rules/node-unschedulable/node-unschedulable';
import { preferUntainted } from './rules/prefer-untainted/prefer-untainted';
import { preferredNodeAffinity } from './rules/preferred-node-affinity/preferred-node-affinity';
import { spreadByOwner } from './rules/spread-by-owner/spread-by-owner';
import { taintToleration } from './rules/taint-toleration/taint-toleration';

/** Which rules decide, in which order the filters are asked (the first that refuses counts), and what each score weighs. */
export interface Policy {
  /** `name/version`, as decisions record it. */
  readonly id: string;
  readonly filters: readonly Filter[];
  readonly scores: readonly { readonly rule: Score; readonly weight: number }[];
}

/**
 * Every policy that has ever decided, by its id. A version is never changed, nor a rule that it lists in what it
 * answers: decisions in the log are made again by them. What should be otherwise becomes the next version.
 *
 * - default/1: the first; the weights of Kubernetes' default profile.
 */
const POLICIES: readonly Policy[] = [
  {
    id: 'default/1',
    filters: [nodeUnschedulable, nodeName, taintToleration, nodeAffinity, nodePorts, nodeResourcesFit],
    scores: [
      { rule: leastAllocated, weight: 1 },
      { rule: balancedAllocation, weight: 1 },
      { rule: spreadByOwner, weight: 2 },
      { rule: preferredNodeAffinity, weight: 2 },
      { rule: preferUntainted, weight: 3 },
    ],
  },
];

/** By which pods are scheduled that were not asked otherwise. */
export const DEFAULT_POLICY = 'default/1';

/** Every policy that can be asked for. */
export const POLICY_IDS: readonly string[] = POLICIES.map(({ id }) => id);

const byId = new Map(POLICIES.map((policy) => [policy.id, policy]));

/** The policy of this id. Throws when there never was one: a decision that names it is not of this log. */
export function policyOf(id: string): Policy {
  const policy = byId.get(id);
  if (policy === undefined) {
    throw new Error(`no scheduling policy is called ${id}; known are ${POLICY_IDS.join(', ')}`);
  }
  return policy;
}
