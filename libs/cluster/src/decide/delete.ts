import type { Command, DeletionOptions, KubeStatus, ResourceId, StoredObject } from '@shiplog/contracts';
import { matchesFields, parseFieldSelector } from '@shiplog/admission';
import { matchesLabels, parseLabelSelector, statusOf } from '@shiplog/apimachinery';
import { changeEvent, deletedEvent, isReadyToGo } from './change';
import { finalizersFor, gracePeriodOf, preconditionRejection } from './deletion-rules';
import { asTerminating, scopeRejection, deletionRejection } from './namespaces';
import { kubernetesTime } from './time';
import type { ReadonlyCluster } from '../state';
import { refused, type DecisionContext, type Decided, type ItemDraft, type NewEvent } from './types';

/** What a deletion does to one object: an event and the object as it leaves or waits, or a rejection. */
type Deletion =
  | { readonly ok: true; readonly event: NewEvent | undefined; readonly after: StoredObject }
  | { readonly ok: false; readonly status: KubeStatus };

/** Decides DeleteObject: gone at once, or marked until finalizers and grace period are done. */
export function decideDelete(context: DecisionContext, data: Command<'DeleteObject'>['data']): Decided {
  const { resource, namespace, name } = data;
  const misplaced = scopeRejection(resource, namespace);
  if (misplaced !== undefined) return refused(misplaced);
  const object = context.state.get(resource, namespace, name) as StoredObject | undefined;
  if (object === undefined) return refused(statusOf.notFound(resource, name));
  const deletion = deletionOf(context, resource, object, data);
  if (!deletion.ok) return deletion;
  const reply = {
    position: Number(object.metadata.resourceVersion),
    key: { resource, namespace, name },
    uid: object.metadata.uid,
  };
  if (data.dryRun === true) return { ok: true, events: [], reply: { ...reply, object: deletion.after } };
  return { ok: true, events: deletion.event === undefined ? [] : [deletion.event], reply };
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
  const events: NewEvent[] = [];
  const items: ItemDraft[] = [];
  for (const { metadata } of chosen) {
    const object = context.state.get(data.resource, metadata.namespace ?? '', metadata.name) as
      StoredObject | undefined;
    if (object?.metadata.uid !== metadata.uid) continue;
    const deletion = deletionOf(context, data.resource, object, data);
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
  { resource, namespace, labelSelector = '', fieldSelector = '' }: Command<'DeleteCollection'>['data'],
): { ok: true; objects: ChosenForDeletion } | { ok: false; status: KubeStatus } {
  const labels = parseLabelSelector(labelSelector);
  if (!labels.ok) return labels;
  const fields = parseFieldSelector(resource, fieldSelector);
  if (!fields.ok) return fields;
  const all = state.list(resource, namespace) as readonly StoredObject[];
  const objects = all.filter(
    (object) => matchesLabels(labels.value, object.metadata.labels) && matchesFields(resource, fields.value, object),
  );
  return { ok: true, objects };
}

function deletionOf(
  context: DecisionContext,
  resource: ResourceId,
  object: StoredObject,
  options: DeletionOptions,
): Deletion {
  const status = preconditionRejection(resource, object, options) ?? deletionRejection(resource, object.metadata.name);
  if (status !== undefined) return { ok: false, status };
  const after = marked(context, resource, object, options);
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
  return asTerminating(resource, {
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
