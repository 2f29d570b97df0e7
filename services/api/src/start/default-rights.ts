import {
  AUTO_UPDATE,
  BOOTSTRAP_LABEL,
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  DEFAULT_CLUSTER_ROLE_BINDINGS,
  DEFAULT_CLUSTER_ROLES,
  DEFAULT_ROLES,
  notHeld,
  RIGHTS_RESOURCES,
  ROLES_RESOURCE,
  withAggregatedRules,
  type DefaultRole,
} from '@shiplog/authorization';
import type { KubeObject, ObjectOf, PolicyRule, Subject } from '@shiplog/contracts';
import { sameJson } from '@shiplog/apimachinery';

/** A role or binding that every cluster has. */
export interface DefaultRight {
  readonly resource: (typeof RIGHTS_RESOURCES)[number];
  readonly namespace: string;
  readonly object: KubeObject;
}

type ClusterRole = ObjectOf<typeof CLUSTER_ROLES>;

const GROUP = 'rbac.authorization.k8s.io';

/** All of them: first the roles, then who is bound to them. */
export const DEFAULT_RIGHTS: readonly DefaultRight[] = [
  // Those that are put together of others have their rules also where no controller runs.
  ...withAggregatedRules(DEFAULT_CLUSTER_ROLES.map((role) => roleObject('ClusterRole', role) as ClusterRole)).map(
    (role): DefaultRight => ({ resource: CLUSTER_ROLES, namespace: '', object: role as unknown as KubeObject }),
  ),
  ...DEFAULT_ROLES.map((role): DefaultRight => ({
    resource: ROLES_RESOURCE,
    namespace: role.namespace,
    object: roleObject('Role', role),
  })),
  ...DEFAULT_CLUSTER_ROLE_BINDINGS.map(({ role, subjects }): DefaultRight => ({
    resource: CLUSTER_ROLE_BINDINGS,
    namespace: '',
    object: object(
      'ClusterRoleBinding',
      role,
      {},
      { subjects, roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name: role } },
    ),
  })),
];

/**
 * What must be added to a default role or binding that is there already: rules, subjects and labels that it has lost. What
 * users added stays; one that says that it is not to be updated is left alone. Undefined for nothing.
 */
export function lostOf(there: KubeObject, { object: expected }: Pick<DefaultRight, 'object'>): object | undefined {
  if (there.metadata.annotations?.[AUTO_UPDATE] === 'false') return undefined;
  const lost = {
    ...(expected['aggregationRule'] === undefined ? lostRules(there, expected) : lostAggregation(there, expected)),
    ...lostSubjects(there, expected),
    ...lostLabels(there, expected),
  };
  return Object.keys(lost).length === 0 ? undefined : lost;
}

function lostRules(there: KubeObject, expected: KubeObject): object {
  const rules = (there['rules'] ?? []) as readonly PolicyRule[];
  const missing = notHeld(rules, (expected['rules'] ?? []) as readonly PolicyRule[]);
  return missing.length === 0 ? {} : { rules: [...rules, ...missing] };
}

function lostAggregation(there: KubeObject, { aggregationRule }: KubeObject): object {
  return sameJson(there['aggregationRule'], aggregationRule) ? {} : { aggregationRule };
}

function lostSubjects(there: KubeObject, expected: KubeObject): object {
  const subjects = (there['subjects'] ?? []) as readonly Subject[];
  const missing = ((expected['subjects'] ?? []) as readonly Subject[]).filter(
    (subject) => !subjects.some((other) => isSame(other, subject)),
  );
  return missing.length === 0 ? {} : { subjects: [...subjects, ...missing] };
}

function isSame(one: Subject, other: Subject): boolean {
  return one.kind === other.kind && one.name === other.name && (one.namespace ?? '') === (other.namespace ?? '');
}

function lostLabels(there: KubeObject, { metadata: { labels = {} } }: KubeObject): object {
  const missing = Object.entries(labels).filter(([key, value]) => there.metadata.labels?.[key] !== value);
  return missing.length === 0 ? {} : { metadata: { labels: Object.fromEntries(missing) } };
}

function roleObject(kind: string, { name, labels = {}, rules, aggregates }: DefaultRole): KubeObject {
  const aggregationRule = { clusterRoleSelectors: [{ matchLabels: { [aggregates ?? '']: 'true' } }] };
  return object(kind, name, labels, { rules, ...(aggregates === undefined ? {} : { aggregationRule }) });
}

function object(kind: string, name: string, labels: object, fields: object): KubeObject {
  return {
    apiVersion: `${GROUP}/v1`,
    kind,
    metadata: { name, labels: { ...BOOTSTRAP_LABEL, ...labels }, annotations: { [AUTO_UPDATE]: 'true' } },
    ...fields,
  };
}
