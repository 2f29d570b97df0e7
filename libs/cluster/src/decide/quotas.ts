import type { ResourceId, ResourceQuota, StoredObject } from '@shiplog/contracts';
import { QuotaLedger, usageOf, usedOf } from '@shiplog/admission';
import { foldObject } from '../fold';
import { mayUseOtherwise } from '../namespace-ledgers';
import { changeEvent } from './change';
import type { DecisionContext, Decided, NewEvent } from './decision';

const QUOTAS: ResourceId = 'resourcequotas';

type StoredQuota = ResourceQuota & StoredObject;

/**
 * A decision, with what its events do to the quotas of their namespaces: what a quota's status says is used is true at every
 * position of the log. An object's own event stays the last one of a command about one object.
 */
export function withQuotaUsage(context: DecisionContext, decided: Decided): Decided {
  if (!decided.ok || decided.events.length === 0) return decided;
  const changed = namespacesWithQuotas(context, decided.events);
  if (changed.length === 0) return decided;
  const usage: NewEvent[] = [];
  const ownUsage: NewEvent[] = [];
  let events = decided.events;
  for (const namespace of changed) {
    for (const { quota, event } of usageEvents(context, namespace, decided.events)) {
      const own = decided.events.find(({ resource, uid }) => resource === QUOTAS && uid === quota.metadata.uid);
      if (own?.fact === 'Created') events = events.map((other) => (other === own ? withStatus(own, quota) : other));
      else (own === undefined ? usage : ownUsage).push(event);
    }
  }
  // The items of an answer name events by their place.
  const isWhole = decided.reply.items === undefined;
  return { ...decided, events: isWhole ? [...usage, ...events, ...ownUsage] : [...events, ...usage, ...ownUsage] };
}

/** The first event of a quota, which knows already what is used of it. */
function withStatus(event: NewEvent, { status }: StoredQuota): NewEvent {
  return { ...event, data: { ...event.data, object: { ...(event.data.object as StoredQuota), status } } };
}

/** Those that the events are about, where a quota is or comes. */
function namespacesWithQuotas({ state }: DecisionContext, events: readonly NewEvent[]): string[] {
  const found = new Map<string, boolean>();
  for (const { resource, namespace } of events) {
    if (namespace === '' || found.get(namespace) === true) continue;
    if (resource === QUOTAS) found.set(namespace, true);
    else if (!found.has(namespace)) found.set(namespace, state.list(QUOTAS, namespace).length > 0);
  }
  return [...found].filter(([, hasQuotas]) => hasQuotas).map(([namespace]) => namespace);
}

/** What quotas of a namespace come to, with the events that say so. */
function* usageEvents(
  context: DecisionContext,
  namespace: string,
  events: readonly NewEvent[],
): Iterable<{ quota: StoredQuota; event: NewEvent }> {
  const { state } = context;
  const changes = changesIn(context, namespace, events);
  const delta = new QuotaLedger();
  for (const { resource, before, after } of changes.values()) {
    if (!mayUseOtherwise(resource, before, after)) continue;
    delta.replace(before && usageOf(resource, before), after && usageOf(resource, after));
  }
  const changedQuotas = [...changes.values()].filter(({ resource }) => resource === QUOTAS);
  if (delta.isEmpty && changedQuotas.length === 0) return;
  const quotas = new Map((state.list(QUOTAS, namespace) as StoredQuota[]).map((quota) => [quota.metadata.name, quota]));
  for (const { after, name } of changedQuotas) {
    if (after === undefined) quotas.delete(name);
    else quotas.set(name, after as StoredQuota);
  }
  const ledger = state.quotaLedger(namespace);
  for (const quota of quotas.values()) {
    const { hard = {} } = quota.spec ?? {};
    const status = { hard, used: usedOf(quota.spec ?? {}, ledger, delta) };
    const after = { ...quota, status };
    const event = changeEvent(QUOTAS, quota, after, { name: { fact: 'UsageChanged' } });
    if (event !== undefined) yield { quota: after, event };
  }
}

/** What becomes of one object by all events of a command. */
interface ObjectChange {
  readonly resource: ResourceId;
  readonly name: string;
  readonly before: StoredObject | undefined;
  readonly after: StoredObject | undefined;
}

function changesIn(
  { state, metadata }: DecisionContext,
  namespace: string,
  events: readonly NewEvent[],
): Map<string, ObjectChange> {
  const changes = new Map<string, ObjectChange>();
  for (const event of events) {
    if (event.namespace !== namespace) continue;
    const { resource, name } = event;
    const key = `${resource} ${name}`;
    const known = changes.get(key);
    const before =
      known === undefined ? (state.get(resource, namespace, name) as StoredObject | undefined) : known.before;
    const present = known === undefined ? before : known.after;
    changes.set(key, { resource, name, before, after: foldObject(present, { ...event, position: metadata.position }) });
  }
  return changes;
}
