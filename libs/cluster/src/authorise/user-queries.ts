import { ALL } from '@shiplog/authorization';
import { userOf, type KubeStatus, type ResourceId, type UserInfo } from '@shiplog/contracts';
import type { ReadonlyCluster } from '../state';
import type { Asked } from './queries';
import { firstDenial, waysOf, type Wanted } from './wanted';

/**
 * Why a user who asks over NATS may not have an answer, in Kubernetes' words, or undefined: by today's rights, also of the
 * past. What is told of all resources, or of none in particular, needs the right to read everything.
 */
export function userQueryRejection(state: ReadonlyCluster, name: string, asked: Asked): KubeStatus | undefined {
  return firstDenial(state, wantedBy(state, userOf({ actor: name }), asked));
}

function wantedBy(state: ReadonlyCluster, user: UserInfo, asked: Asked): readonly Wanted[] {
  const lists = (resource: ResourceId): Wanted =>
    waysOf(state, { user, verb: 'list' }, { resource, namespace: '', name: '' });
  const everything: Wanted = [{ user, verb: 'list', group: ALL, resource: ALL }];
  switch (asked.name) {
    case 'position':
      return [];
    case 'object':
      return [waysOf(state, { user, verb: 'get' }, asked.payload.key)];
    case 'history': {
      const { key } = asked.payload;
      return [key === undefined ? everything : waysOf(state, { user, verb: 'get' }, key)];
    }
    case 'events':
    case 'state':
      return asked.payload.channels?.map(({ resource }) => lists(resource)) ?? [everything];
    default:
      return [everything];
  }
}
