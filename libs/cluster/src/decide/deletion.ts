import {
  GRACE_SECONDS,
  type Command,
  type DeletionOptions,
  type KubeStatus,
  type ObjectOf,
  type ResourceId,
  type ResourceRow,
  type StoredObject,
} from '@shiplog/contracts';
import { admitDelete, matchesFields, parseFieldSelector } from '@shiplog/admission';
import {
  DEFINITIONS,
  isJsonObject,
  matchesLabels,
  parseLabelSelector,
  statusOf,
  versionedAs,
} from '@shiplog/apimachinery';
import { kubernetesTime } from '@shiplog/kube';
import type { ReadonlyCluster } from '../state';
import { markTerminating } from './definitions';
import { changeEvent, deletedEvent } from './change';
import {
  objectOf,
  refused,
  resourceOf,
  type DecisionContext,
  type Decided,
  type ItemDraft,
  type NewEvent,
} from './decision';

/** Finalizers by which the garbage collector keeps an owner until it has dealt with its dependents. */
const FOREGROUND_FINALIZER = 'foregroundDeletion';
const ORPHAN_FINALIZER = 'orphan';

/** The oldest of the API's kinds leave their pods behind unless told otherwise, and kubectl does tell. */
const ORPHANING: readonly ResourceId[] = ['replicationcontrollers', 'jobs.batch'];

const DEFAULT_POD_GRACE_SECONDS = 30;

/** What a deletion does to one object: an event and the object as it leaves or waits, or a rejection. */
type Deletion =
  | { readonly ok: true; readonly event: NewEvent | undefined; readonly after: StoredObject }
  | { readonly ok: false; readonly status: KubeStatus };

/** Decides DeleteObject: gone at once, or marked until finalizers and grace period are done. */
export function decideDelete(context: DecisionContext, data: Command<'DeleteObject'>['data']): Decided {
  const { resource, namespace, name } = data;
  const found = resourceOf(context.state, data);
  if (!found.ok) return found;
  const row = found.value;
  const object = objectOf(context, data);
  if (object === undefined) return refused(statusOf.notFound(row, name));
  const deletion = admittedDeletionOf(context, row, object, data);
  if (!deletion.ok) return deletion;
  const reply = {
    position: Number(object.metadata.resourceVersion),
    key: { resource, namespace, name },
    uid: object.metadata.uid,
  };
  if (isReadyToGo(resource, deletion.after)) {
    const last = row.returnedWhenDeleted === true ? { object: lastSeen(resource, object, deletion.after) } : {};
    const events = data.dryRun === true || deletion.event === undefined ? [] : [deletion.event];
    return { ok: true, events, reply: { ...reply, ...last } };
  }
  if (data.dryRun === true) return { ok: true, events: [], reply: { ...reply, object: deletion.after } };
  return { ok: true, events: deletion.event === undefined ? [] : [deletion.event], reply };
}

/** Only pods have a grace period, so that nothing else is marked before it goes. */
function lastSeen(resource: ResourceId, object: StoredObject, after: StoredObject): StoredObject {
  return resource === 'pods' ? after : object;
}

/** What a DeleteCollection chooses, in the order of namespace and name. */
export type ChosenForDeletion = readonly StoredObject[];

/** Decides DeleteCollection: every object that the selectors choose. */
export function decideDeleteCollection(context: DecisionContext, data: Command<'DeleteCollection'>['data']): Decided {
  const chosen = chooseForDeletion(context.state, data);
  return chosen.ok ? decideDeletionOf(context, data, chosen.objects) : chosen;
}

/**
 * Decides a part of a DeleteCollection: objects that it chose, maybe a while ago. One that changed meanwhile is deleted as
 * it is now; one that is gone, or whose name another has, is passed over, as Kubernetes does, which lists and then
 * deletes one by one.
 */
export function decideDeletionOf(
  context: DecisionContext,
  data: Command<'DeleteCollection'>['data'],
  chosen: ChosenForDeletion,
): Decided {
  const row = context.state.catalog.get(data.resource);
  const events: NewEvent[] = [];
  const items: ItemDraft[] = [];
  // Of a resource that has ceased to exist meanwhile nothing can be named any more.
  if (row === undefined) return { ok: true, events, reply: { position: context.metadata.position, items } };
  for (const { metadata } of chosen) {
    const object = context.state.get(data.resource, metadata.namespace ?? '', metadata.name);
    if (object?.metadata.uid !== metadata.uid) continue;
    const deletion = admittedDeletionOf(context, row, object, data);
    if (!deletion.ok) items.push({ kind: 'refused', status: deletion.status });
    else if (deletion.event === undefined || data.dryRun === true) {
      items.push({ kind: 'unchanged', position: Number(object.metadata.resourceVersion) });
    } else items.push({ kind: 'event', index: events.push(deletion.event) - 1 });
  }
  return { ok: true, events, reply: { position: context.metadata.position, items } };
}

/** The objects that a DeleteCollection means, or what is wrong with its selectors. */
export function chooseForDeletion(
  state: ReadonlyCluster,
  { resource, namespace, labelSelector = '', fieldSelector = '', apiVersion }: Command<'DeleteCollection'>['data'],
): { ok: true; objects: ChosenForDeletion } | { ok: false; status: KubeStatus } {
  const row = state.catalog.get(resource);
  const versioned = row && versionedAs(row, apiVersion);
  if (versioned === undefined) return refused(statusOf.noSuchPath());
  const labels = parseLabelSelector(labelSelector);
  if (!labels.ok) return labels;
  const fields = parseFieldSelector(versioned, fieldSelector);
  if (!fields.ok) return fields;
  const all = state.list(resource, namespace);
  const objects = all.filter(
    (object) => matchesLabels(labels.value, object.metadata.labels) && matchesFields(fields.value, object),
  );
  return { ok: true, objects };
}

/** A deletion that somebody asked for as such: policies and webhooks have a say in it. */
export function admittedDeletionOf(
  context: DecisionContext,
  row: ResourceRow,
  object: StoredObject,
  data: DeletionOptions & { apiVersion?: string },
): Deletion {
  const deletion = deletionOf(context, row, object, data);
  if (!deletion.ok || context.admission === undefined) return deletion;
  const { name, namespace = '' } = object.metadata;
  const { version } = versionedAs(row, data.apiVersion) ?? { version: row.versions[0] };
  const attributes = {
    operation: 'DELETE',
    row,
    version,
    subresource: '',
    namespace,
    name,
    oldObject: object,
  } as const;
  const status = context.admission.review(attributes);
  return status === undefined ? deletion : { ok: false, status };
}

/** `leaving` is the object as it goes, where more than its deletion changes with it. */
export function deletionOf(
  context: DecisionContext,
  row: ResourceRow,
  object: StoredObject,
  options: DeletionOptions,
  leaving = object,
): Deletion {
  const resource = row.id;
  const status = preconditionRejection(row, object, options) ?? admitDelete(row, object.metadata.name);
  if (status !== undefined) return { ok: false, status };
  const after = marked(context, resource, leaving, options);
  if (isReadyToGo(resource, after)) return { ok: true, event: deletedEvent(resource, object), after };
  return { ok: true, event: changeEvent(resource, object, after), after };
}

/** The object with its deletion asked for. Asked again, only what the new options tighten changes. */
function marked(
  context: DecisionContext,
  resource: ResourceId,
  object: StoredObject,
  options: DeletionOptions,
): StoredObject {
  const { metadata } = object;
  const period = gracePeriodOf(resource, object, options.gracePeriodSeconds);
  const isUnderWay = metadata.deletionTimestamp !== undefined;
  const finalizers = finalizersFor(resource, object, options);
  const { finalizers: _before, ...others } = metadata;
  return asTerminating(context, resource, {
    ...object,
    metadata: {
      ...others,
      ...(finalizers.length > 0 ? { finalizers } : {}),
      ...(isUnderWay || metadata.generation === undefined ? {} : { generation: metadata.generation + 1 }),
      deletionTimestamp: kubernetesTime(askedAt(metadata) ?? context.metadata.time, period),
      deletionGracePeriodSeconds: period,
    },
  });
}

/** When the deletion under way was first asked for: a shorter grace period counts from there. */
function askedAt({ deletionTimestamp, deletionGracePeriodSeconds = 0 }: StoredObject['metadata']): string | undefined {
  if (deletionTimestamp === undefined) return undefined;
  return kubernetesTime(deletionTimestamp, -deletionGracePeriodSeconds);
}

/** Nothing is left to wait for: no finalizer, and no grace period that its node still observes. */
export function isReadyToGo(resource: ResourceId, object: StoredObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers = [] } = object.metadata;
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds > 0 || finalizers.length > 0) return false;
  return resource !== 'namespaces' || namespaceFinalizers(object).length === 0;
}

/** A namespace has finalizers in its spec too: its contents go first. */
export function namespaceFinalizers(object: StoredObject): readonly string[] {
  const spec = object.spec as { finalizers?: string[] } | undefined;
  return spec?.finalizers ?? [];
}

/** 409 when the object is another one, or another version, than the caller means. */
function preconditionRejection(
  { group, kind }: ResourceRow,
  { metadata }: StoredObject,
  { preconditions }: DeletionOptions,
): KubeStatus | undefined {
  // Kubernetes knows no more than the kind there, and names the resource by it.
  const named = { group, plural: kind, kind };
  const { uid, resourceVersion } = preconditions ?? {};
  if (uid !== undefined && uid !== metadata.uid) {
    const reason =
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). ` +
      'The object might have been deleted and then recreated';
    return statusOf.conflict(named, metadata.name, reason);
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    const reason =
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record ` +
      `(${metadata.resourceVersion}). The object might have been modified`;
    return statusOf.conflict(named, metadata.name, reason);
  }
  return undefined;
}

/**
 * Seconds that the object's containers get to end: only a bound pod that still runs has any. A shorter period than
 * one under way replaces it, a longer one doesn't; one beyond GRACE_SECONDS is taken for that.
 */
function gracePeriodOf(resource: ResourceId, object: StoredObject, asked: number | undefined): number {
  if (resource !== 'pods') return 0;
  const { spec, status } = object as ObjectOf<'pods'>;
  const isDone = status?.phase === 'Succeeded' || status?.phase === 'Failed';
  if ((spec?.nodeName ?? '') === '' || isDone) return 0;
  const wanted = asked ?? spec?.terminationGracePeriodSeconds ?? DEFAULT_POD_GRACE_SECONDS;
  const period = wanted < 0 ? 1 : Math.min(wanted, GRACE_SECONDS);
  const { deletionTimestamp, deletionGracePeriodSeconds } = object.metadata;
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return period;
  return asked === undefined ? deletionGracePeriodSeconds : Math.min(period, deletionGracePeriodSeconds);
}

/** The object's finalizers with those that the propagation policy adds and without those that it revokes. */
function finalizersFor(resource: ResourceId, object: StoredObject, options: DeletionOptions): string[] {
  const present = object.metadata.finalizers ?? [];
  const wanted = policyFinalizer(resource, present, options);
  const isOther = (finalizer: string): boolean => finalizer !== FOREGROUND_FINALIZER && finalizer !== ORPHAN_FINALIZER;
  if (wanted !== undefined && present.includes(wanted))
    return present.filter((finalizer) => finalizer === wanted || isOther(finalizer));
  const others = present.filter(isOther);
  return wanted === undefined ? others : [...others, wanted];
}

function policyFinalizer(
  resource: ResourceId,
  present: readonly string[],
  { propagationPolicy }: DeletionOptions,
): string | undefined {
  switch (propagationPolicy) {
    case 'Orphan':
      return ORPHAN_FINALIZER;
    case 'Foreground':
      return FOREGROUND_FINALIZER;
    case 'Background':
      return undefined;
    case undefined:
      if (present.includes(ORPHAN_FINALIZER)) return ORPHAN_FINALIZER;
      if (present.includes(FOREGROUND_FINALIZER)) return FOREGROUND_FINALIZER;
      return ORPHANING.includes(resource) ? ORPHAN_FINALIZER : undefined;
  }
}

/** A namespace that is being deleted says so in its phase; a definition whose objects go first, in a condition. */
function asTerminating({ state, metadata }: DecisionContext, resource: ResourceId, object: StoredObject): StoredObject {
  if (resource === DEFINITIONS) {
    const isEmpty = state.size(object.metadata.name) === 0;
    return isEmpty ? object : markTerminating(object as ObjectOf<typeof DEFINITIONS>, metadata.time);
  }
  if (resource !== 'namespaces' || namespaceFinalizers(object).length === 0) return object;
  return { ...object, status: { ...(isJsonObject(object.status) ? object.status : {}), phase: 'Terminating' } };
}
