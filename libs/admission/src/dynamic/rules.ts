import type { ResourceVersion, RuleWithOperations } from '@shiplog/contracts';
import type { AdmissionAttributes } from './attributes';

const ALL = '*';

/** Whether a rule means a request, were it made in a version (rules.Matcher in Kubernetes' apiserver). */
export function ruleMatches(
  rule: RuleWithOperations,
  attributes: AdmissionAttributes,
  version: ResourceVersion,
): boolean {
  const { operations, apiGroups, apiVersions, resources = [], scope = ALL } = rule;
  return (
    names(operations, attributes.operation) &&
    names(apiGroups, version.group) &&
    names(apiVersions, version.version) &&
    scopeMatches(scope, attributes) &&
    resources.some((resource) => resourceMatches(resource, attributes))
  );
}

function names(list: readonly string[] = [], name: string): boolean {
  return list.includes(ALL) || list.includes(name);
}

/** A Namespace is of the cluster, though requests for it are in the namespace of its name. */
function scopeMatches(scope: string, { row }: AdmissionAttributes): boolean {
  return scope === ALL || (scope === 'Namespaced') === row.namespaced;
}

/** `pods` is only pods, `pods/*` their subresources too, and `*` no subresource. */
function resourceMatches(named: string, { row, subresource }: AdmissionAttributes): boolean {
  const slash = named.indexOf('/');
  const [resource, part] = slash < 0 ? [named, ''] : [named.slice(0, slash), named.slice(slash + 1)];
  return (resource === ALL || resource === row.plural) && (part === ALL || part === subresource);
}

/** Whether rules may mean any request for a resource: what they are sorted by. */
export function mayMean(rules: readonly RuleWithOperations[], plural: string): boolean {
  return rules.some(({ resources = [] }) =>
    resources.some((named) => named.startsWith(ALL) || named === plural || named.startsWith(`${plural}/`)),
  );
}
