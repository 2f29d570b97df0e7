import {
  builtIn,
  isClusterActor,
  type BuiltIn,
  type KubeObject,
  type KubeStatus,
  type PolicyRule,
  type RoleRef,
  type UserInfo,
} from '@shiplog/contracts';
import {
  CLUSTER_ROLES,
  escalationProblem,
  FULL_AUTHORITY,
  isMaster,
  missingRole,
  notHeld,
  ROLES_RESOURCE,
} from '@shiplog/authorization';
import { sameJson, statusOf } from '@shiplog/apimachinery';
import type { AdmissionContext } from '../context';

const GROUP = 'rbac.authorization.k8s.io';

interface RoleLike {
  readonly metadata: KubeObject['metadata'];
  readonly rules?: readonly PolicyRule[];
  readonly aggregationRule?: object;
}

/** Parts of the cluster, and those who may do everything anyway: Kubernetes' EscalationAllowed. */
function isTrusted(user: UserInfo): boolean {
  return isMaster(user) || isClusterActor(user.username ?? '');
}

/**
 * Why somebody may not write a role: nobody gives away what they do not have themselves, unless they may `escalate` it. Who
 * has a role put together of others might get anything by it.
 */
export function roleEscalation(
  resource: typeof ROLES_RESOURCE | typeof CLUSTER_ROLES,
  { metadata, rules = [], aggregationRule }: RoleLike,
  { user, state }: Pick<AdmissionContext, 'user' | 'state'>,
  before?: RoleLike,
): KubeStatus | undefined {
  if (isTrusted(user)) return undefined;
  const isSame = sameJson(rules, before?.rules ?? []) && sameJson(aggregationRule, before?.aggregationRule);
  if (before !== undefined && isSame) return undefined;
  const given = aggregationRule === undefined && before?.aggregationRule === undefined ? rules : FULL_AUTHORITY;
  return given.length === 0 || may('escalate', resource, metadata.name ?? '', metadata.namespace ?? '', { user, state })
    ? undefined
    : escalation(resource, metadata, given, { user, state });
}

/** Why somebody may not bind to a role: they must have all that it gives, or may `bind` it. 404 for a role that is not there. */
export function bindingEscalation(
  resource: BuiltIn,
  { metadata, roleRef }: { readonly metadata: KubeObject['metadata']; readonly roleRef: RoleRef },
  { user, state }: Pick<AdmissionContext, 'user' | 'state'>,
): KubeStatus | undefined {
  if (isTrusted(user)) return undefined;
  const { namespace = '' } = metadata;
  const roles = roleRef.kind === 'Role' ? ROLES_RESOURCE : CLUSTER_ROLES;
  if (may('bind', roles, roleRef.name, namespace, { user, state })) return undefined;
  const given = state.rights().rulesOfRole(roleRef, namespace);
  if (given === undefined) return { ...statusOf.notFound(roles, roleRef.name), message: missingRole(roleRef) };
  return escalation(resource, metadata, given, { user, state });
}

function may(
  verb: 'escalate' | 'bind',
  resource: typeof ROLES_RESOURCE | typeof CLUSTER_ROLES,
  name: string,
  namespace: string,
  { user, state }: Pick<AdmissionContext, 'user' | 'state'>,
): boolean {
  const request = { user, verb, group: GROUP, resource: builtIn(resource).plural, namespace, name };
  return state.rights().access(request).allowed;
}

function escalation(
  resource: BuiltIn,
  { name = '', namespace = '' }: KubeObject['metadata'],
  given: readonly PolicyRule[],
  { user, state }: Pick<AdmissionContext, 'user' | 'state'>,
): KubeStatus | undefined {
  const own = state.rights().rulesOf(user, namespace);
  const missing = notHeld(own.rules, given);
  if (missing.length === 0) return undefined;
  return statusOf.forbidden(resource, name, escalationProblem(user, own, missing));
}
