import {
  MADE_BY_UPDATE,
  resourceRow,
  type AnyCommand,
  type Command,
  type KubeObject,
  type KubeStatus,
  type ObjectKey,
  type ObjectOf,
  type StoredObject,
} from '@shiplog/contracts';
import { admitCreate, admitUpdate, scaleOf, type AdmissionContext } from '@shiplog/admission';
import { applyPatch, statusOf, unreadablePatch, withoutUndefined, type Result } from '@shiplog/apimachinery';
import { changeEvent, deletedEvent, eventOf } from './change';
import { refused, scopeRejection, sizeRejection, type DecisionContext, type Decided } from './decision';
import { isReadyToGo } from './deletion';

/** What admission may know: the context's state and time, with the uid as the seed of its choices. */
function admissionOf({ state, metadata, actor }: DecisionContext, namespace?: string): AdmissionContext {
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
  const other = context.state.get(resource, namespace, name);
  if (other !== undefined) return refused(alreadyThere(data, name, other));
  const reply = { position: context.metadata.position, key: { resource, namespace, name }, uid };
  if (data.dryRun === true) return { ok: true, events: [], reply: { ...reply, object } };
  return { ok: true, events: [eventOf(resource, object, 'Created', { object })], reply };
}

function alreadyThere({ resource }: Command<'CreateObject'>['data'], name: string, other: StoredObject): KubeStatus {
  const status = statusOf.alreadyExists(resource, name);
  if (other.metadata.deletionTimestamp === undefined) return status;
  return { ...status, message: `object is being deleted: ${status.message}` };
}

/** Whether a command may make an object, which then needs a uid. */
export function mayMakeObject({ type, data }: AnyCommand): boolean {
  return type === 'CreateObject' || (type === 'ReplaceObject' && MADE_BY_UPDATE.has(data.resource));
}

type Update = ObjectKey & { subresource?: string; dryRun?: boolean };

/** Decides ReplaceObject: the whole object, or its status, scale or (of a namespace) finalizers. */
export function decideReplace(context: DecisionContext, data: Command<'ReplaceObject'>['data']): Decided {
  const { resource, namespace, name, subresource = '', object, dryRun } = data;
  const isMissing = subresource === '' && context.state.get(resource, namespace, name) === undefined;
  if (isMissing && MADE_BY_UPDATE.has(resource)) {
    // The version is that of an object which is gone.
    const { resourceVersion: _gone, ...metadata } = object.metadata;
    return decideCreate(context, {
      resource,
      namespace,
      object: { ...object, metadata: { ...metadata, name } },
      dryRun,
    });
  }
  return decideUpdate(context, data, () => ({ ok: true, value: data.object }));
}

/** Decides PatchObject. The patch is applied here, to the newest object, so it never races another write. */
export function decidePatch(context: DecisionContext, data: Command<'PatchObject'>['data']): Decided {
  const { resource, subresource, patchType: type, patch } = data;
  return decideUpdate(
    context,
    data,
    (before) => {
      const current = subresource === 'scale' ? scaleOf(before as ObjectOf<'replicationcontrollers'>) : before;
      return applyPatch(resource, type, current, patch);
    },
    (result) => unreadablePatch(resource, subresource, { type, patch, result }),
  );
}

function decideUpdate(
  context: DecisionContext,
  data: Update,
  submit: (before: StoredObject) => Result<KubeObject>,
  /** Says of a submitted object that can't be read what the one who made it should know. */
  unreadable: (submitted: KubeObject) => KubeStatus | undefined = () => undefined,
): Decided {
  const { resource, namespace, name, subresource } = data;
  const misplaced = scopeRejection(resource, namespace) ?? subresourceRejection(data);
  if (misplaced !== undefined) return refused(misplaced);
  const before = context.state.get(resource, namespace, name);
  if (before === undefined) return refused(statusOf.notFound(resource, name));
  const submitted = submit(before);
  if (!submitted.ok) return submitted;
  const admitted = admitUpdate(
    resource,
    subresource === '' ? undefined : subresource,
    before,
    submitted.value,
    // An update makes no uid: what it allocates is drawn from the object's and its own place in the log.
    { ...admissionOf(context), seed: `${before.metadata.uid}/${context.metadata.position}` },
  );
  if (!admitted.ok) {
    return admitted.status.code === 400 ? refused(unreadable(submitted.value) ?? admitted.status) : admitted;
  }
  const after = withoutUndefined(admitted.value) as StoredObject;
  const oversize = sizeRejection(after);
  return oversize === undefined ? commitUpdate(data, before, after) : refused(oversize);
}

function commitUpdate(data: Update, before: StoredObject, admitted: StoredObject): Decided {
  const { resource, namespace, name } = data;
  const after = { ...admitted, metadata: { ...admitted.metadata, resourceVersion: before.metadata.resourceVersion } };
  const reply = {
    position: Number(before.metadata.resourceVersion),
    key: { resource, namespace, name },
    uid: before.metadata.uid,
  };
  if (data.dryRun === true) return { ok: true, events: [], reply: { ...reply, object: after } };
  const change = changeEvent(resource, before, after);
  if (change === undefined) return { ok: true, events: [], reply };
  // An object that only waited for its last finalizer goes with the update that removes it.
  if (!isReadyToGo(resource, after)) return { ok: true, events: [change], reply };
  // The event does not hold what the update made of the object; who asked for the update wants to see it all the same.
  return { ok: true, events: [deletedEvent(resource, after)], reply: { ...reply, object: after } };
}

function subresourceRejection({ resource, subresource }: Update): KubeStatus | undefined {
  if (subresource === undefined || subresource === '') return undefined;
  if (!resourceRow(resource).subresources.includes(subresource)) return statusOf.noSuchPath();
  return ['status', 'scale', 'finalize'].includes(subresource) ? undefined : statusOf.methodNotAllowed();
}
