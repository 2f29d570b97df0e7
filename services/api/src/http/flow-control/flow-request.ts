import type { User } from '../../rest/request';
import type { Target, Verb } from '../../rest/request-info';
import type { FlowRequest } from './rules/classify';

/** A request as flow schemas see it. What belongs to no resource is known by its path and method. */
export function flowRequestOf(
  user: User,
  target: Target,
  verb: Verb | undefined,
  { method, path }: { readonly method: string; readonly path: string },
): FlowRequest {
  if (target.area !== 'resource' || verb === undefined) return { user, verb: method.toLowerCase(), path };
  const { resource, subresource, namespace } = target;
  const name = subresource === undefined ? resource.plural : `${resource.plural}/${subresource.name}`;
  return { user, verb, path, resource: { group: resource.group, name, namespace } };
}
