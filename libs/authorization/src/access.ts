import type { PolicyRule, UserInfo } from '@shiplog/contracts';

/** What somebody wants of a resource, or of another path. Kubernetes' authorizer.Attributes. */
export type Request = ResourceRequest | PathRequest;

export interface ResourceRequest {
  readonly user: UserInfo;
  /** For example `list`; also `impersonate`, `escalate`, `bind`, `approve`. */
  readonly verb: string;
  /** '' for the core group. */
  readonly group: string;
  /** In the plural, as it stands in paths. */
  readonly resource: string;
  readonly subresource?: string;
  /** '' or absent: of the cluster, or of all namespaces. */
  readonly namespace?: string;
  /** '' or absent: of no object in particular. */
  readonly name?: string;
  /** Of a list or watch: what the fields must be of the objects that are asked for, for example `spec.nodeName`. */
  readonly fields?: ReadonlyMap<string, string> | undefined;
}

export interface PathRequest {
  readonly user: UserInfo;
  /** The HTTP method in small letters. */
  readonly verb: string;
  /** For example `/metrics`. */
  readonly path: string;
}

/** Whether a request may go on, and why it may, or what went wrong when asking; the reason may be ''. */
export interface Access {
  readonly allowed: boolean;
  readonly reason: string;
}

/** Everything: every verb of every resource, every path, every group. */
export const ALL = '*';

const NOTHING: readonly string[] = [];

/** A resource as rules name it: `pods/log`. */
export function combinedName({
  resource,
  subresource = '',
}: Pick<ResourceRequest, 'resource' | 'subresource'>): string {
  return subresource === '' ? resource : `${resource}/${subresource}`;
}

export function isPathRequest(request: Request): request is PathRequest {
  return 'path' in request;
}

/** Whether a rule allows a request: Kubernetes' RuleAllows. */
export function ruleAllows(rule: PolicyRule, request: Request): boolean {
  if (!hasOrAll(rule.verbs, request.verb)) return false;
  if (isPathRequest(request)) return (rule.nonResourceURLs ?? NOTHING).some((url) => coversPath(url, request.path));
  const { group, name = '' } = request;
  const { apiGroups = NOTHING, resources = NOTHING, resourceNames = NOTHING } = rule;
  return (
    hasOrAll(apiGroups, group) &&
    coversResource(resources, request) &&
    (resourceNames.length === 0 || resourceNames.includes(name))
  );
}

/** Whether the resources of a rule have one: by its own name, as a subresource of any resource, or as one of all. */
function coversResource(resources: readonly string[], request: ResourceRequest): boolean {
  const { subresource = '' } = request;
  const combined = combinedName(request);
  return resources.some(
    (resource) =>
      resource === ALL || resource === combined || (subresource !== '' && resource === `${ALL}/${subresource}`),
  );
}

/** A star at the end stands for whatever follows. */
export function coversPath(url: string, path: string): boolean {
  return url === ALL || url === path || (url.endsWith(ALL) && path.startsWith(url.slice(0, -1)));
}

export function hasOrAll(values: readonly string[], value: string): boolean {
  return values.includes(ALL) || values.includes(value);
}
