import type { LabelSelector, PolicyRule, RoleRef, Subject } from '@shiplog/contracts';
import { dnsSubdomain, GoSyntax, pathSegment, type Problems, sameJson } from '@shiplog/apimachinery';
import { CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, ROLE_BINDINGS, ROLES_RESOURCE } from '@shiplog/authorization';
import { labelSelector, supported } from '../rows/checks';
import { FieldRules } from '../rows/rows';
import { defineKind } from './kind';
import { bindingEscalation, roleEscalation } from './rbac-escalation';

const GROUP = 'rbac.authorization.k8s.io';
const SUBJECT_KINDS = ['ServiceAccount', 'User', 'Group'];

/** What all four kinds have in common: names that need only fit into a path, and nothing that counts their changes. */
const ANY = { name: pathSegment, generation: 'none' } as const;

/** Kubernetes' validatePolicyRule: a rule is about resources or about other paths, and the latter have no namespace. */
function validateRule(rule: PolicyRule, namespaced: boolean, at: string, problems: Problems): void {
  const { verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs: urls = [] } = rule;
  if (verbs.length === 0) problems.required(`${at}.verbs`, 'verbs must contain at least one value');
  if (urls.length > 0) {
    const invalid = (detail: string): void => problems.invalid(`${at}.nonResourceURLs`, urls, detail);
    if (namespaced) invalid('namespaced rules cannot apply to non-resource URLs');
    if (apiGroups.length + resources.length + resourceNames.length > 0) {
      invalid('rules cannot apply to both regular resources and non-resource URLs');
    }
    return;
  }
  if (apiGroups.length === 0) {
    problems.required(`${at}.apiGroups`, 'resource rules must supply at least one api group');
  }
  if (resources.length === 0) problems.required(`${at}.resources`, 'resource rules must supply at least one resource');
  if (resourceNames.length > 0 && resources.length > 1) {
    problems.required(`${at}.resourceNames`, 'resource names cannot apply to multiple resources');
  }
}

export const roles = defineKind<typeof ROLES_RESOURCE>({
  resource: ROLES_RESOURCE,
  ...ANY,
  denies: (role, ctx, before) => roleEscalation(ROLES_RESOURCE, role, ctx, before),
  validate({ rules = [] }, problems) {
    rules.forEach((rule, i) => validateRule(rule, true, `rules[${i}]`, problems));
  },
});

export const clusterRoles = defineKind<typeof CLUSTER_ROLES>({
  resource: CLUSTER_ROLES,
  ...ANY,
  denies: (role, ctx, before) => roleEscalation(CLUSTER_ROLES, role, ctx, before),
  rows: new FieldRules({ 'aggregationRule.clusterRoleSelectors[*]': labelSelector }),
  validate({ rules = [], aggregationRule }, problems) {
    rules.forEach((rule, i) => validateRule(rule, false, `rules[${i}]`, problems));
    const selectors: readonly LabelSelector[] = aggregationRule?.clusterRoleSelectors ?? [];
    if (aggregationRule !== undefined && selectors.length === 0) {
      const detail = 'at least one clusterRoleSelector required if aggregationRule is non-nil';
      problems.required('aggregationRule.clusterRoleSelectors', detail);
    }
  },
});

interface Binding {
  roleRef: RoleRef;
  subjects?: Subject[];
}

/** SetDefaults of the bindings: a role and people are of the group of RBAC, service accounts of the core's. */
function defaultGroups({ roleRef, subjects = [] }: Binding): void {
  if ((roleRef.apiGroup ?? '') === '') roleRef.apiGroup = GROUP;
  for (const subject of subjects) {
    const isPerson = subject.kind === 'User' || subject.kind === 'Group';
    if (isPerson && (subject.apiGroup ?? '') === '') subject.apiGroup = GROUP;
  }
}

/** Kubernetes' validateRoleBindingSubject. */
function validateSubject(subject: Subject, namespaced: boolean, at: string, problems: Problems): void {
  const { kind, name, namespace = '', apiGroup = '' } = subject;
  if (name === '') problems.required(`${at}.name`);
  switch (kind) {
    case 'ServiceAccount':
      if (name !== '') problems.breaches(`${at}.name`, name, dnsSubdomain);
      if (apiGroup !== '') problems.notSupported(`${at}.apiGroup`, apiGroup, ['']);
      if (!namespaced && namespace === '') problems.required(`${at}.namespace`);
      return;
    case 'User':
    case 'Group':
      if (name === '') problems.invalid(`${at}.name`, name, `${kind.toLowerCase()} name cannot be empty`);
      if (apiGroup !== GROUP) problems.notSupported(`${at}.apiGroup`, apiGroup, [GROUP]);
      return;
    default:
      problems.notSupported(`${at}.kind`, kind, SUBJECT_KINDS);
  }
}

/** A binding gives the rights of one role, and of another only as another binding. */
function validateSameRole({ roleRef }: Binding, before: Binding, problems: Problems): void {
  if (sameJson(roleRef, before.roleRef)) return;
  const { apiGroup = '', kind, name } = roleRef;
  const [group, ofKind, named] = [apiGroup, kind, name].map((text) => JSON.stringify(text));
  const shown = new GoSyntax(`rbac.RoleRef{APIGroup:${group}, Kind:${ofKind}, Name:${named}}`);
  problems.invalid('roleRef', shown, 'cannot change roleRef');
}

/** What a binding may bind to: `kinds` of roles. */
function bindingRules(kinds: readonly string[], namespaced: boolean) {
  return {
    ...ANY,
    defaults: defaultGroups,
    rows: new FieldRules({ 'roleRef.apiGroup': supported(GROUP) }),
    validate({ roleRef: { kind, name }, subjects = [] }: Binding, problems: Problems): void {
      if (!kinds.includes(kind)) problems.notSupported('roleRef.kind', kind, kinds);
      if (name === '') problems.required('roleRef.name');
      else problems.breaches('roleRef.name', name, pathSegment);
      subjects.forEach((subject, i) => validateSubject(subject, namespaced, `subjects[${i}]`, problems));
    },
    validateUpdate: validateSameRole,
  };
}

export const roleBindings = defineKind<typeof ROLE_BINDINGS>({
  resource: ROLE_BINDINGS,
  denies: (binding, ctx) => bindingEscalation(ROLE_BINDINGS, binding, ctx),
  ...bindingRules(['Role', 'ClusterRole'], true),
});

export const clusterRoleBindings = defineKind<typeof CLUSTER_ROLE_BINDINGS>({
  resource: CLUSTER_ROLE_BINDINGS,
  denies: (binding, ctx) => bindingEscalation(CLUSTER_ROLE_BINDINGS, binding, ctx),
  ...bindingRules(['ClusterRole'], false),
});
