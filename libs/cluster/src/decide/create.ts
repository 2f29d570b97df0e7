import type { Command, KubeStatus, StoredObject } from '@shiplog/contracts';
import { admitCreate, type AdmissionContext } from '@shiplog/admission';
import { statusOf } from '@shiplog/apimachinery';
import { withoutUndefined } from './clean';
import { eventOf, genericType } from './event';
import { scopeRejection } from './namespaces';
import { sizeRejection } from './size';
import { refused, type DecisionContext, type Decided } from './types';

/** What admission may know: the context's state and time, with the uid as the seed of its choices. */
export function admissionOf({ state, metadata, actor }: DecisionContext, namespace?: string): AdmissionContext {
  return { state, now: metadata.time, seed: metadata.uid, settings: metadata.settings, actor, namespace };
}

/** Decides CreateObject. Refuses as Kubernetes does: 400, 403, 404 (namespace), 409 (name taken), 422. */
export function decideCreate(context: DecisionContext, data: Command<'CreateObject'>['data']): Decided {
  const { resource, namespace } = data;
  const misplaced = scopeRejection(resource, namespace);
  if (misplaced !== undefined) return refused(misplaced);
  const admitted = admitCreate(resource, data.object, admissionOf(context, namespace));
  if (!admitted.ok) return admitted;
  const object = withoutUndefined(admitted.value) as StoredObject;
  const oversize = sizeRejection(object);
  if (oversize !== undefined) return refused(oversize);
  const { name, uid } = object.metadata;
  const other = context.state.get(resource, namespace, name) as StoredObject | undefined;
  if (other !== undefined) return refused(alreadyThere(data, name, other));
  const reply = { position: context.metadata.position, key: { resource, namespace, name }, uid };
  if (data.dryRun === true) return { ok: true, events: [], reply: { ...reply, object } };
  return { ok: true, events: [eventOf(resource, object, genericType(resource, 'Created'), { object })], reply };
}

function alreadyThere({ resource }: Command<'CreateObject'>['data'], name: string, other: StoredObject): KubeStatus {
  const status = statusOf.alreadyExists(resource, name);
  if (other.metadata.deletionTimestamp === undefined) return status;
  return { ...status, message: `object is being deleted: ${status.message}` };
}
