import {
  resourceRow,
  type Command,
  type KubeObject,
  type KubeStatus,
  type ObjectKey,
  type ObjectOf,
  type StoredObject,
} from '@shiplog/contracts';
import { admitUpdate, scaleOf } from '@shiplog/admission';
import { applyPatch, statusOf, type Result } from '@shiplog/apimachinery';
import { withoutUndefined } from './clean';
import { changeEvent, deletedEvent, isReadyToGo } from './change';
import { admissionOf } from './create';
import { scopeRejection } from './namespaces';
import { sizeRejection } from './size';
import { refused, type DecisionContext, type Decided } from './types';

type Update = ObjectKey & { subresource?: string; dryRun?: boolean };

/** Decides ReplaceObject: the whole object, or its status, scale or (of a namespace) finalizers. */
export function decideReplace(context: DecisionContext, data: Command<'ReplaceObject'>['data']): Decided {
  return decideUpdate(context, data, () => ({ ok: true, value: data.object }));
}

/** Decides PatchObject. The patch is applied here, to the newest object, so it never races another write. */
export function decidePatch(context: DecisionContext, data: Command<'PatchObject'>['data']): Decided {
  return decideUpdate(context, data, (before) => {
    const current = data.subresource === 'scale' ? scaleOf(before as ObjectOf<'replicationcontrollers'>) : before;
    return applyPatch(data.resource, data.patchType, current, data.patch);
  });
}

function decideUpdate(
  context: DecisionContext,
  data: Update,
  submit: (before: StoredObject) => Result<KubeObject>,
): Decided {
  const { resource, namespace, name, subresource } = data;
  const misplaced = scopeRejection(resource, namespace) ?? subresourceRejection(data);
  if (misplaced !== undefined) return refused(misplaced);
  const before = context.state.get(resource, namespace, name) as StoredObject | undefined;
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
  if (!admitted.ok) return admitted;
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
