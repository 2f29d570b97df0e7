import type {
  ServedApi,
  ServedGroup,
  ServedGroupVersion,
  ServedResource,
  ServedSubresource,
} from '@shiplog/representation';

/** What a path of the resource API names. */
export interface ResourceTarget {
  readonly area: 'resource';
  readonly resource: ServedResource;
  /** '' for cluster-scoped resources and for all namespaces. */
  readonly namespace: string;
  /** Absent: the collection. */
  readonly name?: string;
  readonly subresource?: ServedSubresource;
  /** Of a proxy: the path behind it, still encoded; '' where there is none. */
  readonly proxied?: string;
  /** The path is one of the old `/watch/` ones. */
  readonly watchPath: boolean;
}

/** Where a path leads. */
export type Target =
  | ResourceTarget
  | { readonly area: 'core' }
  | { readonly area: 'groups' }
  | { readonly area: 'group'; readonly group: ServedGroup }
  | { readonly area: 'version'; readonly of: ServedGroupVersion }
  /** Health, version and OpenAPI: by the path itself. */
  | { readonly area: 'other'; readonly path: string }
  /**
   * Nothing that is served here: of a version that is, if it says so; else of another server's, perhaps, by the group and version
   * that it begins with.
   */
  | { readonly area: 'nowhere'; readonly group?: string; readonly version?: string; readonly ofVersion?: true };

export type Verb = 'create' | 'get' | 'list' | 'watch' | 'update' | 'patch' | 'delete' | 'deletecollection';

const NOWHERE: Target = { area: 'nowhere' };
const NOTHING_OF_VERSION: Target = { area: 'nowhere', ofVersion: true };

/** Reads a path (without its query) of an API. Throws URIError when it is not properly encoded. */
export function parsePath(path: string, api: ServedApi): Target {
  const parts = path.split('/').filter((part) => part !== '');
  const [root] = parts;
  if (root !== 'api' && root !== 'apis') return { area: 'other', path };
  if (parts.length === 1) return { area: root === 'api' ? 'core' : 'groups' };
  const group = api.group(root === 'api' ? '' : (parts[1] ?? ''));
  if (group === undefined) return elsewhere(root, parts);
  if (root === 'apis' && parts.length === 2) return { area: 'group', group };
  const rest = parts.slice(root === 'api' ? 1 : 2);
  const of = group.versions.find(({ version }) => version === rest[0]);
  if (of === undefined) return elsewhere(root, parts);
  if (rest.length === 1) return { area: 'version', of };
  const target = parseResource(of, rest.slice(1), api);
  return isProxy(target) ? { ...target, proxied: PROXIED.exec(path)?.[1] ?? '' } : target;
}

/** What stands behind `…/<resource>/<name>/proxy`. */
const PROXIED = /^\/api\/v1\/(?:namespaces\/[^/]+\/)?[^/]+\/[^/]+\/proxy(\/.*)?$/;

function isProxy(target: Target): target is ResourceTarget {
  return target.area === 'resource' && target.subresource?.name === 'proxy';
}

function elsewhere(root: string, [, group = '', version]: readonly string[]): Target {
  return root === 'apis' ? { area: 'nowhere', group, version } : NOWHERE;
}

function parseResource({ group, version }: ServedGroupVersion, given: string[], api: ServedApi): Target {
  const parts = path(given);
  const watchPath = parts[0] === 'watch' && parts.length > 1;
  if (watchPath) parts.shift();
  let namespace = '';
  // `namespaces/x` alone, and with a subresource of namespaces, is the namespace itself.
  if (parts[0] === 'namespaces' && parts.length > 2 && !isNamespaceSubresource(parts)) {
    namespace = parts[1] ?? '';
    parts.splice(0, 2);
  }
  const [plural = '', name, sub, ...beyond] = parts;
  const resource = api.resource(group, version, plural);
  if (resource === undefined || (beyond.length > 0 && sub !== 'proxy')) return NOTHING_OF_VERSION;
  // A namespaced object has a namespace in its path; a cluster-scoped one has none.
  if (resource.namespaced ? namespace === '' && name !== undefined : namespace !== '') return NOTHING_OF_VERSION;
  if (sub === undefined) return { area: 'resource', resource, namespace, name, watchPath };
  const subresource = resource.subresources.find(({ name: offered }) => offered === sub);
  return subresource === undefined
    ? NOTHING_OF_VERSION
    : { area: 'resource', resource, namespace, name, subresource, watchPath: false };
}

function path(parts: readonly string[]): string[] {
  return parts.map((part) => (part.includes('%') ? decodeURIComponent(part) : part));
}

function isNamespaceSubresource(parts: readonly string[]): boolean {
  return parts.length === 3 && (parts[2] === 'status' || parts[2] === 'finalize');
}

/** What a method means on a target; undefined when the resource does not offer it (405). */
export function verbOf(method: string, target: ResourceTarget, watching: boolean): Verb | undefined {
  const verb = meaningOf(method, target, watching || target.watchPath);
  if (verb === undefined) return undefined;
  const offered = (target.subresource ?? target.resource).verbs;
  if (!offered.includes(verb)) return undefined;
  // Namespaced objects are made and swept away in one namespace, not in all.
  const acrossNamespaces = target.resource.namespaced && target.namespace === '';
  return acrossNamespaces && (verb === 'create' || verb === 'deletecollection') ? undefined : verb;
}

function meaningOf(method: string, target: ResourceTarget, watching: boolean): Verb | undefined {
  const isNamed = target.name !== undefined;
  switch (method) {
    case 'OPTIONS':
      return target.subresource?.name === 'proxy' ? 'get' : undefined;
    case 'HEAD':
      // What goes on for ever has no head that is worth waiting for.
      return isNamed ? 'get' : 'list';
    case 'GET':
      if (watching && target.subresource === undefined) return 'watch';
      return isNamed ? 'get' : 'list';
    case 'POST':
      return isNamed && target.subresource === undefined ? undefined : 'create';
    case 'PUT':
      return isNamed ? 'update' : undefined;
    case 'PATCH':
      return isNamed ? 'patch' : undefined;
    case 'DELETE':
      return isNamed ? 'delete' : 'deletecollection';
    default:
      return undefined;
  }
}
