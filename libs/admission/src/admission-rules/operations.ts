import type { NamedRuleWithOperations, RuleWithOperations } from '@shiplog/contracts';
import { pathSegment, type Problems } from '@shiplog/apimachinery';

const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
const SCOPES = ['*', 'Cluster', 'Namespaced'];
const ALL = '*';

/** SetDefaults_Rule: of any scope. */
export function defaultRules(...rules: readonly (readonly RuleWithOperations[] | undefined)[]): void {
  for (const rule of rules.flatMap((list) => list ?? [])) rule.scope ??= ALL;
}

/** Kubernetes' validateRuleWithOperations: which requests are meant. */
export function validateRule(rule: RuleWithOperations, at: string, problems: Problems): void {
  const { operations = [], apiGroups = [], apiVersions = [], resources = [], scope } = rule;
  requireSome(operations, `${at}.operations`, problems);
  validateAlone(operations, `${at}.operations`, 'operations', problems);
  operations.forEach((operation, i) => problems.unlessOneOf(`${at}.operations[${i}]`, operation, OPERATIONS));
  requireSome(apiGroups, `${at}.apiGroups`, problems);
  validateAlone(apiGroups, `${at}.apiGroups`, 'API groups', problems);
  requireSome(apiVersions, `${at}.apiVersions`, problems);
  validateAlone(apiVersions, `${at}.apiVersions`, 'API versions', problems);
  requireEach(apiVersions, `${at}.apiVersions`, problems);
  validateResources(resources, `${at}.resources`, problems);
  problems.unlessOneOf(`${at}.scope`, scope, SCOPES);
}

/** The same of objects of some names. */
export function validateNamedRule(rule: NamedRuleWithOperations, at: string, problems: Problems): void {
  const seen = new Set<string>();
  rule.resourceNames?.forEach((name, i) => {
    const here = `${at}.resourceNames[${i}]`;
    problems.breaches(here, name, pathSegment);
    if (seen.has(name)) problems.duplicate(here, name);
    seen.add(name);
  });
  validateRule(rule, at, problems);
}

function requireSome(items: readonly string[], at: string, problems: Problems): void {
  if (items.length === 0) problems.required(at);
}

function requireEach(items: readonly string[], at: string, problems: Problems): void {
  items.forEach((item, i) => {
    if (item === '') problems.required(`${at}[${i}]`);
  });
}

/** Who names all names nothing else. */
function validateAlone(items: readonly string[], at: string, name: string, problems: Problems): void {
  if (items.length > 1 && items.includes(ALL)) {
    problems.invalid(at, items, `if '*' is present, must not specify other ${name}`);
  }
}

/** Resources, their subresources (`pods/status`), or all of either. */
function validateResources(resources: readonly string[], at: string, problems: Problems): void {
  requireSome(resources, at, problems);
  requireEach(resources, at, problems);
  const allOf = new Set<string>();
  const ofAll = new Set<string>();
  resources.forEach((item, i) => {
    const slash = item.indexOf('/');
    if (slash < 0) return;
    const [resource, sub] = [item.slice(0, slash), item.slice(slash + 1)];
    const invalid = (rule: string): void => problems.invalid(`${at}[${i}]`, item, `${rule}, must not specify ${item}`);
    if (allOf.has(resource)) invalid(`if '${resource}/*' is present`);
    if (ofAll.has(sub)) invalid(`if '*/${sub}' is present`);
    if (sub === ALL) allOf.add(resource);
    if (resource === ALL) ofAll.add(sub);
  });
  if (resources.length > 1 && resources.includes('*/*')) {
    problems.invalid(at, resources, "if '*/*' is present, must not specify other resources");
  }
  // As in Kubernetes, of those without a subresource the last one decides.
  const last = resources.filter((item) => item !== '' && !item.includes('/')).at(-1) ?? ALL;
  if (resources.includes(ALL) && last !== ALL) {
    problems.invalid(at, resources, "if '*' is present, must not specify other resources without subresources");
  }
}
