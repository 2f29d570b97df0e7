import type {
  FlowSubject,
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
  ServiceAccountSubject,
} from '@shiplog/contracts';
import { dnsLabel, dnsSubdomain, type Problems } from '@shiplog/apimachinery';

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch'];
const SUBJECTS = ['Group', 'ServiceAccount', 'User'];
const ALL = '*';

/** Kubernetes' ValidateFlowSchemaPolicyRulesWithSubjects: who does what. */
export function validateFlowRule(rule: PolicyRulesWithSubjects, at: string, problems: Problems): void {
  const { subjects, resourceRules = [], nonResourceRules = [] } = rule;
  if (subjects.length === 0) problems.required(`${at}.subjects`, 'subjects must contain at least one value');
  subjects.forEach((subject, i) => validateSubject(subject, `${at}.subjects[${i}]`, problems));
  if (resourceRules.length + nonResourceRules.length === 0) {
    problems.required(at, 'at least one of resourceRules and nonResourceRules has to be non-empty');
  }
  resourceRules.forEach((item, i) => validateResourceRule(item, `${at}.resourceRules[${i}]`, problems));
  nonResourceRules.forEach((item, i) => validateNonResourceRule(item, `${at}.nonResourceRules[${i}]`, problems));
}

function validateSubject(subject: FlowSubject, at: string, problems: Problems): void {
  const { kind, serviceAccount, user, group } = subject;
  if (!SUBJECTS.includes(kind)) return problems.notSupported(`${at}.kind`, kind, SUBJECTS);
  const given = { ServiceAccount: serviceAccount, User: user, Group: group };
  for (const [of, value] of Object.entries(given)) {
    const field = `${of.charAt(0).toLowerCase()}${of.slice(1)}`;
    if (of === kind) {
      if (value === undefined) problems.required(`${at}.${field}`, `${field} is required when subject kind is '${of}'`);
      else if (of === 'ServiceAccount') validateAccount(value as ServiceAccountSubject, `${at}.${field}`, problems);
      else if (value.name === '') problems.required(`${at}.${field}.name`);
    } else if (value !== undefined) {
      problems.forbidden(`${at}.${field}`, `${field} is forbidden when subject kind is not '${of}'`);
    }
  }
}

function validateAccount({ name, namespace }: ServiceAccountSubject, at: string, problems: Problems): void {
  if (name === '') problems.required(`${at}.name`);
  else if (name !== ALL) problems.breaches(`${at}.name`, name, dnsSubdomain);
  if (namespace === '') problems.required(`${at}.namespace`, 'must specify namespace for service account');
  else problems.breaches(`${at}.namespace`, namespace, dnsLabel);
}

function validateVerbs(verbs: readonly string[], at: string, problems: Problems): void {
  if (verbs.length === 0) problems.required(at, 'verbs must contain at least one value');
  else if (verbs.includes(ALL)) validateAlone(verbs, at, 'verbs', problems);
  else if (verbs.some((verb) => !VERBS.includes(verb))) problems.notSupported(at, verbs, VERBS);
}

/** Who names all names nothing else. */
function validateAlone(items: readonly string[], at: string, name: string, problems: Problems): void {
  if (items.length > 1 && items.includes(ALL)) {
    problems.invalid(at, items, `if '*' is present, must not specify other ${name}`);
  }
}

function validateNonResourceRule(rule: NonResourcePolicyRule, at: string, problems: Problems): void {
  validateVerbs(rule.verbs, `${at}.verbs`, problems);
  const { nonResourceURLs: urls } = rule;
  const here = `${at}.nonResourceURLs`;
  if (urls.length === 0) problems.required(here, 'nonResourceURLs must contain at least one value');
  else if (urls.includes(ALL)) validateAlone(urls, here, 'non-resource URLs', problems);
  else urls.forEach((url, i) => validatePath(url, `${here}[${i}]`, problems));
}

/** Kubernetes' ValidateNonResourceURLPath. */
function validatePath(path: string, at: string, problems: Problems): void {
  const wrong = pathProblem(path);
  if (wrong !== undefined) problems.invalid(at, path, wrong);
}

function pathProblem(path: string): string | undefined {
  if (path === '') return 'must not be empty';
  if (path === '/') return undefined;
  if (!path.startsWith('/')) return 'must start with slash';
  if (path.includes(' ')) return 'must not contain white-space';
  if (path.includes('//')) return 'must not contain double slash';
  const first = path.indexOf(ALL);
  return first >= 0 && (first !== path.length - 1 || !path.endsWith('/*'))
    ? 'wildcard can only do suffix matching'
    : undefined;
}

function validateResourceRule(rule: ResourcePolicyRule, at: string, problems: Problems): void {
  const { verbs, apiGroups, resources, namespaces = [], clusterScope = false } = rule;
  validateVerbs(verbs, `${at}.verbs`, problems);
  if (apiGroups.length === 0) {
    problems.required(`${at}.apiGroups`, 'resource rules must supply at least one api group');
  }
  validateAlone(apiGroups, `${at}.apiGroups`, 'api groups', problems);
  if (resources.length === 0) problems.required(`${at}.resources`, 'resource rules must supply at least one resource');
  validateAlone(resources, `${at}.resources`, 'resources', problems);
  const here = `${at}.namespaces`;
  if (namespaces.length === 0 && !clusterScope) {
    problems.required(here, 'resource rules that are not cluster scoped must supply at least one namespace');
  } else if (namespaces.includes(ALL)) validateAlone(namespaces, here, 'namespaces', problems);
  else {
    namespaces.forEach((namespace, i) => {
      for (const wrong of dnsLabel(namespace)) {
        const rule = `each member of this list must be '*' or a DNS-1123 label; ${wrong}`;
        problems.invalid(`${here}[${i}]`, namespace, rule);
      }
    });
  }
}
