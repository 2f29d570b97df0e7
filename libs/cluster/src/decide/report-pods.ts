import type { Command, KubeStatus, PodStatus } from '@shiplog/contracts';
import { statusOf } from '@shiplog/apimachinery';
import { withoutUndefined } from './clean';
import { sizeRejection } from './size';
import { changeEvent } from './change';
import { decideItems, findPod, type ItemOutcome, type StoredPod } from './pod-items';
import { readStatus, statusAfterReport } from './report-status';
import { stepsBetween } from './report-steps';
import type { DecisionContext, Decided, NewEvent } from './types';

type Report = Command<'ReportPods'>['data']['pods'][number];

/**
 * Decides ReportPods: what a kubelet saw of its pods. Each container that started, ended or waits is an event of its
 * own, in that order, and so is readiness lost or won and the pod's end; a report of what is known already is none.
 */
export function decideReportPods(context: DecisionContext, data: Command<'ReportPods'>['data']): Decided {
  return decideItems(context, data.pods, (report) => reportOne(context, data.node, report));
}

function reportOne(context: DecisionContext, node: string, report: Report): ItemOutcome {
  const found = findPod(context.state, report);
  if (!found.ok) return found;
  const { pod } = found;
  const status = reporterRejection(pod, node);
  if (status !== undefined) return { ok: false, status };
  const read = readStatus(report.name, report.status);
  if (!read.ok) return read;
  const target = withoutUndefined(statusAfterReport(pod.status ?? {}, read.status, context.metadata.time));
  const oversize = sizeRejection({ ...pod, status: target });
  return oversize === undefined ? { ok: true, pod, events: eventsOf(pod, target) } : { ok: false, status: oversize };
}

function reporterRejection(pod: StoredPod, node: string): KubeStatus | undefined {
  const boundTo = pod.spec?.nodeName ?? '';
  if (boundTo === node) return undefined;
  const where = boundTo === '' ? 'no node' : `node ${JSON.stringify(boundTo)}`;
  const why = `pod ${pod.metadata.name} belongs to ${where}, not to ${JSON.stringify(node)}`;
  return statusOf.conflict('pods', pod.metadata.name, why);
}

/** Successive partial changes: each event leads from the pod after the one before it. */
function eventsOf(pod: StoredPod, target: PodStatus): NewEvent[] {
  const events: NewEvent[] = [];
  let current = pod;
  for (const { status, name } of stepsBetween(pod.status ?? {}, target)) {
    const next: StoredPod = { ...current, status };
    const event = changeEvent('pods', current, next, { name });
    if (event !== undefined) events.push(event);
    current = next;
  }
  return events;
}
