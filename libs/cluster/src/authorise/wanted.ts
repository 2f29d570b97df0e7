import { denialOf, type ResourceRequest } from '@shiplog/authorization';
import { apiVersionOf, type KubeStatus, type ObjectKey } from '@shiplog/contracts';
import type { ReadonlyCluster } from '../state';

/** Something that a user wants, in one of several ways: an object that is served in two groups may be named by either. */
export type Wanted = readonly ResourceRequest[];

export type Named = ObjectKey & { readonly apiVersion?: string; readonly subresource?: string };

/** The refusal of the first of several things that a user has no right to in any way; undefined when there is none. */
export function firstDenial(state: ReadonlyCluster, wanted: Iterable<Wanted>): KubeStatus | undefined {
  const rights = state.rights();
  for (const ways of wanted) {
    const [first] = ways;
    if (first === undefined || ways.some((way) => rights.access(way).allowed)) continue;
    return denialOf(first, rights.access(first).reason);
  }
  return undefined;
}

/** In which ways something is wanted of an object, or with a name of '' of all objects of a namespace or of the cluster. */
export function waysOf(
  { catalog }: ReadonlyCluster,
  asked: Pick<ResourceRequest, 'user' | 'verb'>,
  { resource, namespace, name, subresource, apiVersion }: Named,
): Wanted {
  const row = catalog.get(resource);
  const dot = resource.indexOf('.');
  const plural = row?.plural ?? (dot < 0 ? resource : resource.slice(0, dot));
  const own = row?.group ?? (dot < 0 ? '' : resource.slice(dot + 1));
  const served = row?.versions.map((version) => groupOf(apiVersionOf(version))) ?? [];
  const groups = apiVersion === undefined ? new Set([own, ...served]) : [groupOf(apiVersion)];
  // A namespace is in itself, as in Kubernetes: who has rights there may have some to it.
  const within = resource === 'namespaces' ? name : namespace;
  return [...groups].map((group) => ({ ...asked, group, resource: plural, subresource, namespace: within, name }));
}

function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}
