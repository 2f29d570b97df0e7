import {
  type AnyCommand,
  type Command,
  type FieldOwners,
  type KubeObject,
  type KubeStatus,
  type ObjectKey,
  type ResourceRow,
  type StoredObject,
} from '@shiplog/contracts';
import { admitCreate, admitUpdate, isWritten, scaleOf, type AdmissionContext } from '@shiplog/admission';
import {
  applyPatch,
  expectedAt,
  fromStored,
  ok,
  ownersAfterUpdate,
  ownersOfNew,
  statusOf,
  unreadablePatch,
  versionedAs,
  withoutUndefined,
  type Result,
  type VersionedResource,
} from '@shiplog/apimachinery';
import { decideApply } from './apply';
import { changeEvent, deletedEvent, eventOf } from './change';
import { objectOf, refused, resourceOf, sizeRejection, type DecisionContext, type Decided } from './decision';
import { isReadyToGo } from './deletion';
import { asPatched, ownedBy, ownersBefore, writeOf } from './field-managers';
import type { ReadonlyCluster } from '../state';

/** What admission may know: the context's state and time, with the uid as the seed of its choices. */
function admissionOf(
  { state, metadata, user, warnings, admission }: DecisionContext,
  more: Pick<AdmissionContext, 'namespace' | 'apiVersion'>,
): AdmissionContext {
  const context = {
    state,
    now: metadata.time,
    seed: metadata.uid,
    settings: metadata.settings,
    user,
    warnings,
    ...more,
  };
  return admission === undefined ? context : { ...context, dynamic: admission };
}

/** Decides CreateObject. Refuses as Kubernetes does: 400, 403, 404 (namespace), 409 (name taken), 422. */
export function decideCreate(context: DecisionContext, data: Command<'CreateObject'>['data']): Decided {
  return createObject(context, data, (row) => ownersOfNew(writeOf(context, row, data)));
}

/** Makes an object whose fields are somebody's. */
export function createObject(
  context: DecisionContext,
  data: Omit<Command<'CreateObject'>['data'], 'fieldManager'>,
  ownersOf: (row: ResourceRow) => FieldOwners,
): Decided {
  const { resource, namespace, apiVersion } = data;
  const found = resourceOf(context.state, data);
  if (!found.ok) return found;
  const row = found.value;
  if (row.isTerminating === true) return refused(terminating());
  const admitted = admitCreate(row, data.object, admissionOf(context, { namespace, apiVersion }));
  if (!admitted.ok) return admitted;
  const object = withoutUndefined(admitted.value) as StoredObject;
  object.metadata.fieldOwners = ownersOf(row);
  const oversize = sizeRejection(object);
  if (oversize !== undefined) return refused(oversize);
  const { name, uid } = object.metadata;
  const other = context.state.get(resource, namespace, name);
  if (other !== undefined) return refused(alreadyThere(row, name, other));
  const reply = { position: context.metadata.position, key: { resource, namespace, name }, uid };
  if (data.dryRun === true) return { ok: true, events: [], reply: { ...reply, object } };
  return { ok: true, events: [eventOf(resource, object, 'Created', { object })], reply };
}

function terminating(): KubeStatus {
  const message = 'create not allowed while custom resource definition is terminating';
  return { ...statusOf.methodNotAllowed(), message };
}

function alreadyThere(row: ResourceRow, name: string, other: StoredObject): KubeStatus {
  const status = statusOf.alreadyExists(row, name);
  if (other.metadata.deletionTimestamp === undefined) return status;
  return { ...status, message: `object is being deleted: ${status.message}` };
}

/** Whether a command may make an object, which then needs a uid. */
export function mayMakeObject({ catalog }: ReadonlyCluster, { type, data }: AnyCommand): boolean {
  switch (type) {
    case 'CreateObject':
      return true;
    case 'ReplaceObject':
      return makesObjects(catalog.get(data.resource));
    case 'PatchObject':
      return data.patchType === 'apply';
    default:
      return false;
  }
}

function makesObjects(row: ResourceRow | undefined): boolean {
  return row?.createOnUpdate === true;
}

type Update = ObjectKey & {
  apiVersion?: string;
  subresource?: string;
  fieldManager?: string;
  dryRun?: boolean;
  made?: KubeObject;
};

/** Decides ReplaceObject: the whole object, or its status, scale or (of a namespace) finalizers. */
export function decideReplace(context: DecisionContext, data: Command<'ReplaceObject'>['data']): Decided {
  const { resource, namespace, name, subresource = '', object, apiVersion, fieldManager, dryRun } = data;
  const isMissing = subresource === '' && objectOf(context, data) === undefined;
  if (isMissing && makesObjects(context.state.catalog.get(resource))) {
    // The version is that of an object which is gone.
    const { resourceVersion: _gone, ...metadata } = object.metadata;
    return decideCreate(context, {
      resource,
      namespace,
      object: { ...object, metadata: { ...metadata, name } },
      apiVersion,
      fieldManager,
      dryRun,
    });
  }
  return decideUpdate(context, data, () => ok(data.object));
}

/** Decides PatchObject. The patch is applied here, to the newest object, so it never races another write. */
export function decidePatch(context: DecisionContext, data: Command<'PatchObject'>['data']): Decided {
  const { subresource, patchType: type, patch } = data;
  if (type === 'apply') return decideApply(context, data);
  return decideUpdate(
    context,
    data,
    (resource, before) => {
      const shown = asPatched(resource.row, before, fromStored(resource.version, before), patch);
      const current = subresource === 'scale' ? scaleOf(resource.version, shown) : shown;
      return applyPatch(expectedAt(resource, subresource), type, current, patch);
    },
    (resource, result) => unreadablePatch(expectedAt(resource, subresource), { type, patch, result }),
  );
}

function decideUpdate(
  context: DecisionContext,
  data: Update,
  submit: (resource: VersionedResource, before: StoredObject) => Result<KubeObject>,
  /** Says of a submitted object that can't be read what the one who made it should know. */
  unreadable: (resource: VersionedResource, submitted: KubeObject) => KubeStatus | undefined = () => undefined,
): Decided {
  const found = resourceOf(context.state, data);
  if (!found.ok) return found;
  const row = found.value;
  const { name, apiVersion } = data;
  const subresource = data.subresource === '' ? undefined : data.subresource;
  const misplaced = subresourceRejection(row, subresource);
  if (misplaced !== undefined) return refused(misplaced);
  const resource = versionedAs(row, apiVersion);
  if (resource === undefined) return refused(statusOf.noSuchPath());
  const before = objectOf(context, data);
  if (before === undefined) return refused(statusOf.notFound(row, name));
  const submitted = submit(resource, before);
  if (!submitted.ok) return submitted;
  const update = { row, subresource, before, submitted: submitted.value };
  const owners = ownersBefore(row, before, submitted.value, subresource);
  const write = writeOf(context, row, data);
  const decided = submitUpdate(context, data, update, (after) => ownersAfterUpdate(row, owners, before, after, write));
  if (decided.ok || decided.status.code !== 400) return decided;
  return refused(unreadable(resource, submitted.value) ?? decided.status);
}

/** A whole new object, or what a subresource takes for one, in the place of the one before. */
interface SubmittedUpdate {
  readonly row: ResourceRow;
  readonly subresource: string | undefined;
  readonly before: StoredObject;
  readonly submitted: KubeObject;
}

/** Decides an update to what is submitted, once that is known; then it is known too whose the fields are. */
export function submitUpdate(
  context: DecisionContext,
  data: Update,
  { row, subresource, before, submitted }: SubmittedUpdate,
  ownersOf: (after: StoredObject) => FieldOwners | undefined,
): Decided {
  // An update makes no uid: what it allocates is drawn from the object's and its own place in the log.
  const { asked, position } = context.metadata;
  const seed = `${before.metadata.uid}/${asked?.position ?? position}`;
  const admission = { ...admissionOf(context, { apiVersion: data.apiVersion }), seed };
  const admitted = admitUpdate(row, subresource, before, submitted, admission);
  if (!admitted.ok) return admitted;
  const admittedObject = withoutUndefined(admitted.value) as StoredObject;
  const after = ownedBy(admittedObject, ownersOf(admittedObject));
  const oversize = sizeRejection(after);
  if (oversize !== undefined) return refused(oversize);
  const isLogged = context.state.get(row.id, data.namespace, data.name) !== undefined;
  return commitUpdate(data, before, after, isLogged);
}

/** @param isLogged whether the log has the object: the first event of one that was made from the log holds it whole */
function commitUpdate(data: Update, before: StoredObject, admitted: StoredObject, isLogged: boolean): Decided {
  const { resource, namespace, name } = data;
  const after = { ...admitted, metadata: { ...admitted.metadata, resourceVersion: before.metadata.resourceVersion } };
  const reply = {
    position: Number(before.metadata.resourceVersion),
    key: { resource, namespace, name },
    uid: before.metadata.uid,
  };
  if (data.dryRun === true) return { ok: true, events: [], reply: { ...reply, object: after } };
  const change = changeEvent(resource, before, after);
  if (change === undefined) return { ok: true, events: [], reply: isLogged ? reply : { ...reply, object: after } };
  if (!isLogged) return { ok: true, events: [eventOf(resource, after, 'Created', { object: after })], reply };
  // An object that only waited for its last finalizer goes with the update that removes it.
  if (!isReadyToGo(resource, after)) return { ok: true, events: [change], reply };
  // The event does not hold what the update made of the object; who asked for the update wants to see it all the same.
  return { ok: true, events: [deletedEvent(resource, after)], reply: { ...reply, object: after } };
}

/** Why a resource can't be written through a subresource. */
export function subresourceRejection(row: ResourceRow, subresource: string | undefined): KubeStatus | undefined {
  if (subresource === undefined) return undefined;
  if (!row.versions[0].subresources.includes(subresource)) return statusOf.noSuchPath();
  return isWritten(row, subresource) ? undefined : statusOf.methodNotAllowed();
}
