import type { ObjectOf, PolicyRule, ResourceId, RoleRef, StoredObject, UserInfo } from '@shiplog/contracts';
import { isPathRequest, ruleAllows, type Access, type Request } from './access';
import { isMaster, keyOfSubject, subjectKeys } from './subjects';

export const ROLES_RESOURCE = 'roles.rbac.authorization.k8s.io';
export const CLUSTER_ROLES = 'clusterroles.rbac.authorization.k8s.io';
export const ROLE_BINDINGS = 'rolebindings.rbac.authorization.k8s.io';
export const CLUSTER_ROLE_BINDINGS = 'clusterrolebindings.rbac.authorization.k8s.io';

/** The kinds that rights are made of, in the order in which Kubernetes names them. */
export const RIGHTS_RESOURCES = [CLUSTER_ROLES, ROLES_RESOURCE, CLUSTER_ROLE_BINDINGS, ROLE_BINDINGS] as const;

type Role = ObjectOf<typeof ROLES_RESOURCE> | ObjectOf<typeof CLUSTER_ROLES>;
type Binding = ObjectOf<typeof ROLE_BINDINGS> | ObjectOf<typeof CLUSTER_ROLE_BINDINGS>;

/** A binding as far as one of its subjects goes. */
interface Grant {
  readonly binding: string;
  /** '' for a ClusterRoleBinding. */
  readonly namespace: string;
  readonly roleRef: RoleRef;
  readonly subject: string;
}

/** The rules that somebody has in a place, and what could not be found out about them. */
export interface OwnRules {
  readonly rules: readonly PolicyRule[];
  /** For example that a role which somebody is bound to does not exist. */
  readonly problems: readonly string[];
}

/** Who may do what, by the roles and bindings of a state. */
export interface ReadonlyRights {
  /** Whether a request may go on: Kubernetes' RBAC authorizer. */
  access(request: Request): Access;
  /** All that somebody may do in a namespace; '' for what is of the cluster. */
  rulesOf(user: UserInfo, namespace: string): OwnRules;
  /** The rules of the role that a binding of a namespace ('' for none) refers to; undefined when there is no such role. */
  rulesOfRole(roleRef: RoleRef, namespace: string): readonly PolicyRule[] | undefined;
}

const NONE: readonly never[] = [];
const BY_RIGHT: Access = { allowed: true, reason: '' };

/**
 * The bindings of a cluster by whom they bind, and its roles by name: made once, kept in step with the state from then on.
 * A question costs what its user's own bindings and their rules are, whatever others have.
 */
export class Rights implements ReadonlyRights {
  readonly #rules = new Map<string, readonly PolicyRule[]>();
  readonly #grants = new Map<string, Map<string, Grant>>();

  /** @param objects of the four kinds of `RIGHTS_RESOURCES` */
  constructor(objects: (resource: ResourceId) => Iterable<StoredObject>) {
    for (const resource of RIGHTS_RESOURCES) {
      for (const object of objects(resource)) this.replace(resource, undefined, object);
    }
  }

  /** Whether objects of a resource are rights. */
  static has(resource: ResourceId): boolean {
    return (RIGHTS_RESOURCES as readonly ResourceId[]).includes(resource);
  }

  /** Takes a change in. */
  replace(resource: ResourceId, before: StoredObject | undefined, after: StoredObject | undefined): void {
    if (resource === ROLES_RESOURCE || resource === CLUSTER_ROLES) {
      if (before !== undefined) this.#rules.delete(roleKey(before.metadata));
      if (after !== undefined) this.#rules.set(roleKey(after.metadata), (after as Role).rules ?? NONE);
      return;
    }
    if (before !== undefined) for (const [key, grant] of grantsOf(before as Binding)) this.#withdraw(key, grant);
    if (after !== undefined) for (const [key, grant] of grantsOf(after as Binding)) this.#grant(key, grant);
  }

  access(request: Request): Access {
    if (isMaster(request.user)) return BY_RIGHT;
    const problems: string[] = [];
    const namespace = isPathRequest(request) ? '' : (request.namespace ?? '');
    for (const grant of this.#of(request.user, namespace)) {
      const rules = this.#rulesOf(grant, problems);
      if (rules.some((rule) => ruleAllows(rule, request))) return { allowed: true, reason: reasonOf(grant) };
    }
    return { allowed: false, reason: problems.length === 0 ? '' : `RBAC: ${aggregate(problems)}` };
  }

  rulesOf(user: UserInfo, namespace: string): OwnRules {
    if (isMaster(user)) return { rules: FULL_AUTHORITY, problems: NONE };
    const problems: string[] = [];
    const rules = [...this.#of(user, namespace)].flatMap((grant) => this.#rulesOf(grant, problems));
    return { rules, problems };
  }

  rulesOfRole({ kind, name }: RoleRef, namespace: string): readonly PolicyRule[] | undefined {
    return this.#rules.get(roleKey({ namespace: kind === 'Role' ? namespace : undefined, name }));
  }

  #rulesOf({ roleRef, namespace }: Grant, problems: string[]): readonly PolicyRule[] {
    const rules = this.rulesOfRole(roleRef, namespace);
    if (rules === undefined) problems.push(missingRole(roleRef));
    return rules ?? NONE;
  }

  /** First what holds everywhere, as Kubernetes looks. */
  *#of(user: UserInfo, namespace: string): Iterable<Grant> {
    const subjects = subjectKeys(user);
    for (const subject of subjects) yield* this.#grants.get(placeKey('', subject))?.values() ?? NONE;
    if (namespace === '') return;
    for (const subject of subjects) yield* this.#grants.get(placeKey(namespace, subject))?.values() ?? NONE;
  }

  #grant(key: string, grant: Grant): void {
    const there = this.#grants.get(key);
    if (there === undefined) this.#grants.set(key, new Map([[grant.binding, grant]]));
    else there.set(grant.binding, grant);
  }

  #withdraw(key: string, { binding }: Grant): void {
    const there = this.#grants.get(key);
    there?.delete(binding);
    if (there?.size === 0) this.#grants.delete(key);
  }
}

/** What those of `system:masters` may do. */
export const FULL_AUTHORITY: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

/** What Kubernetes says of a role that a binding refers to and that is not there. */
export function missingRole({ kind, name }: RoleRef): string {
  const resource = kind === 'Role' ? 'role' : 'clusterrole';
  return `${resource}.rbac.authorization.k8s.io "${name}" not found`;
}

function* grantsOf({ metadata, roleRef, subjects = [] }: Binding): Iterable<[string, Grant]> {
  const { namespace = '', name } = metadata;
  for (const subject of subjects) {
    const key = keyOfSubject(subject, namespace);
    if (key === undefined) continue;
    yield [placeKey(namespace, key), { binding: name, namespace, roleRef, subject: shown(subject) }];
  }
}

function shown({ kind, name, namespace }: NonNullable<Binding['subjects']>[number]): string {
  return kind === 'ServiceAccount' ? `ServiceAccount "${name}/${namespace ?? ''}"` : `${kind} "${name}"`;
}

function reasonOf({ binding, namespace, roleRef, subject }: Grant): string {
  const bound = namespace === '' ? `ClusterRoleBinding "${binding}"` : `RoleBinding "${binding}/${namespace}"`;
  return `RBAC: allowed by ${bound} of ${roleRef.kind} "${roleRef.name}" to ${subject}`;
}

/** As Go's utilerrors.NewAggregate writes several. */
function aggregate(problems: readonly string[]): string {
  const distinct = [...new Set(problems)];
  return distinct.length === 1 ? distinct.join('') : `[${distinct.join(', ')}]`;
}

function roleKey({ namespace = '', name }: { readonly namespace?: string | undefined; readonly name: string }): string {
  return `${namespace}/${name}`;
}

/** No name of a namespace or a user holds a line break. */
function placeKey(namespace: string, subject: string): string {
  return `${namespace}\n${subject}`;
}
