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

/** ClusterRoles with the rules that those of them which are put together of others will have in the end. */
export function withAggregatedRules(given: readonly ClusterRole[]): readonly ClusterRole[] {
  let roles = given;
  // One may be part of another, which is part of a third; each pass settles those whose parts are settled.
  for (let pass = 0; pass < given.length; pass++) {
    const next = roles.map((role) => {
      const rules = aggregatedRules(role, roles);
      return rules === undefined || hasRules(role, rules) ? role : { ...role, rules };
    });
    if (next.every((role, i) => role === roles[i])) break;
    roles = next;
  }
  return roles;
}

/** Whether a role has the rules that it should have. */
export function hasRules({ rules = [] }: ClusterRole, expected: readonly PolicyRule[]): boolean {
  return sameJson(rules, expected);
}
