import { builtIn, type Command, type KubeObject, type KubeStatus, type Pod, type PodStatus } from '@shiplog/contracts';
import { validatePodStatus } from '@shiplog/admission';
import {
  asStored,
  decodeObject,
  expectedAt,
  ownersAfterUpdate,
  Problems,
  statusOf,
  withoutUndefined,
  type Write,
} from '@shiplog/apimachinery';
import { RESIZE_CONDITIONS, type StoredPod } from '@shiplog/kube';
import { changeEvent } from './change';
import { sizeRejection, type DecisionContext, type Decided, type NewEvent } from './decision';
import { ownedBy, writeOf } from './field-managers';
import { decideItems, findPod, mergeConditions, withCondition, type ItemOutcome } from './pod-items';
import { bindingDenial, statusDenial } from './pod-admission';
import { stepsBetween } from './steps';

const PODS = builtIn('pods');

type Binding = Command<'BindPods'>['data']['bindings'][number];

/**
 * Decides BindPods: the scheduler proposes, and what it took for granted is looked at again here. A binding is
 * refused when the pod is gone, another one, bound, gated or being deleted by now, or the node is gone.
 */
export function decideBindPods(context: DecisionContext, data: Command<'BindPods'>['data']): Decided {
  return decideItems(context, data.bindings, (binding) => bind(context, binding));
}

function bind(context: DecisionContext, binding: Binding): ItemOutcome {
  const found = findPod(context.state, binding);
  if (!found.ok) return found;
  const { pod } = found;
  const status = bindingRejection(context, pod, binding) ?? bindingDenial(context, pod, binding.node);
  if (status !== undefined) return { ok: false, status };
  const event = changeEvent('pods', pod, bound(pod, binding.node, context.metadata.time), {
    decision: binding.decision,
    cause: binding.cause,
  });
  return { ok: true, pod, events: event === undefined ? [] : [event] };
}

function bound(pod: StoredPod, node: string, time: string): StoredPod {
  const spec = { ...pod.spec, containers: pod.spec?.containers ?? [], nodeName: node };
  return withCondition({ ...pod, spec }, { type: 'PodScheduled', status: 'True' }, time);
}

/** As Kubernetes calls what a binding is refused for. */
const BINDING = { group: '', plural: 'pods/binding', kind: 'Binding' };

function bindingRejection({ state }: DecisionContext, pod: StoredPod, { name, node }: Binding): KubeStatus | undefined {
  const boundTo = pod.spec?.nodeName ?? '';
  if (boundTo !== '') {
    return statusOf.conflict(BINDING, name, `pod ${name} is already assigned to node ${JSON.stringify(boundTo)}`);
  }
  if (pod.metadata.deletionTimestamp !== undefined) {
    return statusOf.conflict(BINDING, name, `pod ${name} is being deleted, cannot be assigned to a host`);
  }
  if ((pod.spec?.schedulingGates ?? []).length > 0) {
    return statusOf.conflict(BINDING, name, `pod ${name} has non-empty .spec.schedulingGates`);
  }
  return state.get('nodes', '', node) === undefined ? statusOf.notFound('nodes', node) : undefined;
}

/** The pod with the word that no node takes it now. */
export function unschedulable(pod: StoredPod, message: string, time: string): StoredPod {
  return withCondition(pod, { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }, time);
}

/** The pod with the node on which room is made for it; undefined: on none. */
export function withNomination(pod: StoredPod, node: string | undefined): StoredPod {
  const { nominatedNodeName: _before, ...status } = pod.status ?? {};
  return { ...pod, status: node === undefined ? status : { ...status, nominatedNodeName: node } };
}

type Mark = Command<'MarkPodsUnschedulable'>['data']['pods'][number];

/**
 * Decides MarkPodsUnschedulable. A scheduler says so each time it looks; only another sentence than the last one is
 * an event. A pod that was bound meanwhile stays as it is.
 */
export function decideMarkUnschedulable(
  context: DecisionContext,
  data: Command<'MarkPodsUnschedulable'>['data'],
): Decided {
  return decideItems(context, data.pods, (mark) => markOne(context, mark));
}

function markOne(context: DecisionContext, mark: Mark): ItemOutcome {
  const found = findPod(context.state, mark);
  if (!found.ok) return found;
  const { pod } = found;
  const isSettled = (pod.spec?.nodeName ?? '') !== '' || pod.metadata.deletionTimestamp !== undefined;
  if (isSettled) return { ok: true, pod, events: [] };
  const marked = unschedulable(pod, mark.message, context.metadata.time);
  const after = mark.losesNomination === true ? withNomination(marked, undefined) : marked;
  const denied = statusDenial(context, pod, after);
  if (denied !== undefined) return { ok: false, status: denied };
  const event = changeEvent('pods', pod, after, {
    name: { fact: 'Unschedulable', facts: { message: mark.message } },
    decision: mark.decision,
    cause: mark.cause,
  });
  return { ok: true, pod, events: event === undefined ? [] : [event] };
}

type Report = Command<'ReportPods'>['data']['pods'][number];

/**
 * Decides ReportPods: what a kubelet saw of its pods. Each container that started, ended or waits is an event of its
 * own, in that order, and so is readiness lost or won and the pod's end; a report of what is known already is none.
 */
export function decideReportPods(context: DecisionContext, data: Command<'ReportPods'>['data']): Decided {
  const write = writeOf(context, PODS, { subresource: 'status' });
  return decideItems(context, data.pods, (report, position) => reportOne(context, data.node, write, report, position));
}

/** @param position of the event before the item's first */
function reportOne(
  context: DecisionContext,
  node: string,
  write: Write,
  report: Report,
  position: number,
): ItemOutcome {
  const found = findPod(context.state, report);
  if (!found.ok) return found;
  const { pod } = found;
  const status = reporterRejection(pod, node);
  if (status !== undefined) return { ok: false, status };
  const read = readStatus(report.name, report.status);
  if (!read.ok) return read;
  const target = withoutUndefined(statusAfterReport(pod.status ?? {}, read.status, context.metadata.time));
  const oversize = sizeRejection({ ...pod, status: target });
  if (oversize !== undefined) return { ok: false, status: oversize };
  const after = { ...pod, status: target };
  const denied = statusDenial(context, pod, after);
  if (denied !== undefined) return { ok: false, status: denied };
  const owned = ownedBy(after, ownersAfterUpdate(PODS, pod.metadata.fieldOwners, pod, after, write));
  return { ok: true, pod, events: eventsOf(pod, owned, new Causes(report), position) };
}

function reporterRejection(pod: StoredPod, node: string): KubeStatus | undefined {
  const boundTo = pod.spec?.nodeName ?? '';
  if (boundTo === node) return undefined;
  const where = boundTo === '' ? 'no node' : `node ${JSON.stringify(boundTo)}`;
  const reason = `pod ${pod.metadata.name} belongs to ${where}, not to ${JSON.stringify(node)}`;
  return statusOf.conflict('pods', pod.metadata.name, reason);
}

/** Successive partial changes: each event leads from the pod after the one before it; the first says whose the status is. */
function eventsOf(pod: StoredPod, after: StoredPod, causes: Causes, position: number): NewEvent[] {
  const events: NewEvent[] = [];
  let current = pod;
  for (const { status, name } of stepsBetween(pod.status ?? {}, after.status ?? {})) {
    const next: StoredPod = { ...current, metadata: after.metadata, status };
    const container = name.facts?.['container'] as string | undefined;
    const event = changeEvent('pods', current, next, { name, cause: causes.of(container) });
    if (event !== undefined) causes.happened(event, container, position + events.push(event));
    current = next;
  }
  return events;
}

/**
 * Why each step of a report came about. A start comes of the binding, or of the end before it; an end of the start, or of
 * the request that the pod go; what becomes of the pod as a whole comes of the last that happened to any of it.
 */
class Causes {
  readonly #pod: number;
  readonly #containers: Map<string, number>;

  constructor({ cause = 0, containers = {} }: Report) {
    this.#pod = cause;
    this.#containers = new Map(Object.entries(containers));
  }

  /** Of a step of a container, or of the pod as a whole; undefined when nobody knows. */
  of(container: string | undefined): number | undefined {
    const last = container === undefined ? [...this.#containers.values()] : [this.#containers.get(container) ?? 0];
    const newest = Math.max(this.#pod, ...last);
    return newest === 0 ? undefined : newest;
  }

  /** Nothing comes of a wait: what follows comes of what it waits after. */
  happened({ fact }: NewEvent, container: string | undefined, position: number): void {
    if (container !== undefined && fact !== 'ContainerWaiting') this.#containers.set(container, position);
  }
}

/**
 * The status that a report leads to. The kubelet speaks for what it names; what it leaves out stays, except reason and
 * message, which belong to the phase. Conditions of others (PodScheduled) stay, those of a resize go with it, and a pod that has ended
 * stays ended.
 */
function statusAfterReport(before: PodStatus, reported: PodStatus, time: string): PodStatus {
  const { reason: _reason, message: _message, ...kept } = before;
  const merged: PodStatus = { ...kept, ...reported };
  if (reported.conditions !== undefined) {
    const said = new Set(reported.conditions.map(({ type }) => type));
    const lasting = (before.conditions ?? []).filter(({ type }) => said.has(type) || !RESIZE_CONDITIONS.includes(type));
    merged.conditions = mergeConditions(lasting, reported.conditions, time);
  }
  return hasEnded(before) ? keepEnd(before, merged) : merged;
}

function hasEnded({ phase }: PodStatus): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}

function keepEnd({ phase, reason, message }: PodStatus, after: PodStatus): PodStatus {
  return { ...after, phase, reason, message };
}

const POD = expectedAt(asStored(PODS));

/**
 * A status as it came, read by the API's own types: unknown fields and nulls are dropped, wrong types are a 400, and
 * addresses that are none a 422.
 */
function readStatus(
  name: string,
  status: PodStatus,
): { ok: true; status: PodStatus } | { ok: false; status: KubeStatus } {
  const decoded = decodeObject(POD, { metadata: {}, spec: { containers: [] }, status });
  if (!decoded.ok) return decoded;
  const read = (decoded.value as Pod & KubeObject).status ?? {};
  const problems = new Problems();
  validatePodStatus(read, problems);
  return problems.none
    ? { ok: true, status: read }
    : { ok: false, status: statusOf.invalid('pods', name, problems.causes) };
}
