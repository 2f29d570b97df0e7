import { matchesLabelSelector, sameJson } from '@shiplog/apimachinery';
import type { ObjectOf, PolicyRule } from '@shiplog/contracts';
import type { CLUSTER_ROLES } from './rights';

type ClusterRole = ObjectOf<typeof CLUSTER_ROLES>;

/**
 * The rules of a ClusterRole that is put together of others: of all that its selectors choose, each rule once, in the order
 * of selectors and names. Undefined for a role with rules of its own.
 *
 * @param roles all ClusterRoles, by name
 */
export function aggregatedRules(role: ClusterRole, roles: readonly ClusterRole[]): PolicyRule[] | undefined {
  const selectors = role.aggregationRule?.clusterRoleSelectors;
  if (selectors === undefined) return undefined;
  const rules = new Map<string, PolicyRule>();
  for (const selector of selectors) {
    for (const other of roles) {
      if (other.metadata.name === role.metadata.name || !matchesLabelSelector(selector, other.metadata.labels))
        continue;
      for (const rule of other.rules ?? []) rules.set(JSON.stringify(rule), rule);
    }
  }
  return [...rules.values()];
}

/** Whether a role has the rules that it should have. */
export function hasRules({ rules = [] }: ClusterRole, expected: readonly PolicyRule[]): boolean {
  return sameJson(rules, expected);
}
