import { AUTHENTICATED, UNAUTHENTICATED, type FlowSchema, type FlowSchemaSpec } from '@shiplog/contracts';

type Rule = NonNullable<FlowSchemaSpec['rules']>[number];
type Subject = Rule['subjects'][number];

/** A request as flow schemas see it. */
export interface FlowRequest {
  readonly user: { readonly name: string; readonly groups: readonly string[] };
  /** Of a resource, what is done to it; else the method in small letters. */
  readonly verb: string;
  readonly path: string;
  readonly resource?: FlowResource | undefined;
}

export interface FlowResource {
  readonly group: string;
  /** With its subresource, for example `pods/status`. */
  readonly name: string;
  /** '' for what is of the cluster. */
  readonly namespace: string;
}

const SERVICE_ACCOUNT = 'system:serviceaccount:';

/** The schema that a request belongs to: of those that match it, the first by precedence and name. Undefined: none matches. */
export function schemaOf(ordered: readonly FlowSchema[], request: FlowRequest): FlowSchema | undefined {
  return ordered.find(({ spec }) => (spec?.rules ?? []).some((rule) => matches(rule, request)));
}

/** Schemas in the order in which they are asked. */
export function inOrder(schemas: readonly FlowSchema[]): FlowSchema[] {
  const precedence = ({ spec }: FlowSchema): number => spec?.matchingPrecedence ?? 0;
  const nameOf = ({ metadata }: FlowSchema): string => metadata.name ?? '';
  return [...schemas].sort((a, b) => precedence(a) - precedence(b) || (nameOf(a) < nameOf(b) ? -1 : 1));
}

/** What tells the flows of a schema apart: the user, the namespace, or nothing. */
export function distinguisherOf({ spec }: FlowSchema, { user, resource }: FlowRequest): string {
  switch (spec?.distinguisherMethod?.type) {
    case 'ByUser':
      return user.name;
    case 'ByNamespace':
      return resource?.namespace ?? '';
    default:
      return '';
  }
}

function matches({ subjects, resourceRules = [], nonResourceRules = [] }: Rule, request: FlowRequest): boolean {
  if (!subjects.some((subject) => isSubject(subject, request.user))) return false;
  const { verb, path, resource } = request;
  if (resource === undefined) {
    return nonResourceRules.some(
      ({ verbs, nonResourceURLs }) => has(verbs, verb) && nonResourceURLs.some((url) => isPath(url, path)),
    );
  }
  const { group, name, namespace } = resource;
  return resourceRules.some(
    ({ verbs, apiGroups, resources, namespaces = [], clusterScope = false }) =>
      has(verbs, verb) &&
      has(apiGroups, group) &&
      has(resources, name) &&
      (namespace === '' ? clusterScope : has(namespaces, namespace)),
  );
}

function isSubject({ kind, user, group, serviceAccount }: Subject, { name, groups }: FlowRequest['user']): boolean {
  switch (kind) {
    case 'User':
      return user?.name === '*' || user?.name === name;
    case 'Group':
      return group !== undefined && isMember(group.name, groups);
    case 'ServiceAccount': {
      if (serviceAccount === undefined || !name.startsWith(SERVICE_ACCOUNT)) return false;
      const prefix = `${SERVICE_ACCOUNT}${serviceAccount.namespace}:`;
      return serviceAccount.name === '*' ? name.startsWith(prefix) : name === prefix + serviceAccount.name;
    }
    default:
      return false;
  }
}

function isMember(group: string, groups: readonly string[]): boolean {
  return group === '*' || groups.includes(group) || (group === AUTHENTICATED && !groups.includes(UNAUTHENTICATED));
}

function has(list: readonly string[], item: string): boolean {
  return list.includes('*') || list.includes(item);
}

function isPath(pattern: string, path: string): boolean {
  return pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : pattern === path;
}
