import type { StoredMeta } from '@shiplog/contracts';
import { messageOf, warningOn } from '../../domain/pod-making';
import { isRace, type Note, type Refusal } from '../../runtime/domain/controller';

interface Noted {
  readonly metadata: StoredMeta;
}

const COMPONENT = 'statefulset-controller';

const aboutSet = ({ metadata: { namespace = '', name, uid } }: Noted): Note['about'] => ({
  resource: 'statefulsets.apps',
  namespace,
  name,
  uid,
});

/** A claim was made for a pod. */
export function claimMade(set: Noted, claim: string, pod: string): Note {
  const message = `create Claim ${claim} Pod ${pod} in StatefulSet ${set.metadata.name} success`;
  return { type: 'Normal', reason: 'SuccessfulCreate', message, component: COMPONENT, host: '', about: aboutSet(set) };
}

/** What could not be done to a pod. */
export function podFailed(set: Noted, verb: 'create' | 'update' | 'delete', pod: string, error: string): Note {
  const reason = { create: 'FailedCreate', update: 'FailedUpdate', delete: 'FailedDelete' }[verb];
  const message = `${verb} Pod ${pod} in StatefulSet ${set.metadata.name} failed error: ${error}`;
  return warningOn(aboutSet(set), COMPONENT, reason, message);
}

/** What the journal refused in the attempt before, in the words of Kubernetes' recordPodEvent and recordClaimEvent. */
export function refusalNotes(set: Noted, refused: readonly Refusal[]): Note[] {
  return refused.filter(({ status }) => !isRace(status)).flatMap((refusal) => refusalNote(set, refusal));
}

function refusalNote(set: Noted, { command, status }: Refusal): Note[] {
  const { type, data } = command;
  const error = messageOf(status);
  if (type === 'CreateObject' && data.resource === 'pods') {
    return [podFailed(set, 'create', data.object.metadata.name ?? '', error)];
  }
  if (type === 'CreateObject' && data.resource === 'persistentvolumeclaims') {
    const { name = '' } = data.object.metadata;
    const message = `create Claim ${name} in StatefulSet ${set.metadata.name} failed error: ${error}`;
    return [warningOn(aboutSet(set), COMPONENT, 'FailedCreate', message)];
  }
  if (type === 'DeleteObject' && data.resource === 'pods') return [podFailed(set, 'delete', data.name, error)];
  if (type === 'PatchObject' && data.resource === 'pods') return [podFailed(set, 'update', data.name, error)];
  return [];
}
