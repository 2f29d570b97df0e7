import { statusOf } from '@shiplog/apimachinery';
import type { KubeStatus } from '@shiplog/contracts';
import { combinedName, isPathRequest, type Request } from './access';

/** 403 in Kubernetes' words. @param reason what went wrong when asking; '' for nothing */
export function denialOf(request: Request, reason = ''): KubeStatus {
  const { username = '' } = request.user;
  const more = reason === '' ? '' : `: ${reason}`;
  const user = `User ${JSON.stringify(username)} cannot ${request.verb}`;
  if (isPathRequest(request)) {
    return statusOf.forbiddenPath(`${user} path ${JSON.stringify(request.path)}${more}`);
  }
  const { group, namespace = '', name = '' } = request;
  const place = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const detail = `${user} resource "${combinedName(request)}" in API group "${group}" ${place}${more}`;
  return statusOf.forbidden({ group, plural: request.resource, kind: '' }, name, detail);
}
