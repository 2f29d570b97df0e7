import type { Command, KubeStatus, PodDisruptionBudget, StoredObject } from '@shiplog/contracts';
import { selects } from '@shiplog/admission';
import { statusOf } from '@shiplog/apimachinery';
import {
  conditionOf,
  disruptionAllowed,
  isConditionTrue,
  kubernetesTime,
  type StoredPod,
  transitionTime,
  withDisruptionAllowed,
} from '@shiplog/kube';
import type { ReadonlyCluster } from '../state';
import { changeEvent } from './change';
import { refused, type DecisionContext, type Decided } from './decision';
import { deletionOf, isReadyToGo } from './deletion';
import { evictionDenial } from './pod-admission';

type StoredBudget = PodDisruptionBudget & StoredObject;

const BUDGETS = 'poddisruptionbudgets.policy';
/** As Kubernetes calls what it refuses for a budget's own state. */
const BUDGET = { group: 'policy', plural: 'poddisruptionbudget', kind: 'PodDisruptionBudget' };
const MAX_DISRUPTED_PODS = 2_000;
const RETRY_SECONDS = 10;
const VIOLATION = "Cannot evict pod as it would violate the pod's disruption budget.";

/** The budgets' controller counts a pod as gone from here on, whatever it still does. */
const EVICTED = {
  type: 'DisruptionTarget',
  status: 'True',
  reason: 'EvictionByEvictionAPI',
  message: 'Eviction API: evicting',
};

/**
 * Decides EvictPod: a deletion that the budget of the pod has to allow, which is charged for it in the same commit. 429 where it
 * does not, 500 where there are several (EvictionREST in Kubernetes' pkg/registry/core/pod/storage).
 */
export function decideEvict(context: DecisionContext, data: Command<'EvictPod'>['data']): Decided {
  const { namespace, name, dryRun } = data;
  const row = context.state.catalog.get('pods');
  const pod = context.state.get('pods', namespace, name);
  if (row === undefined || pod === undefined) return refused(statusOf.notFound('pods', name));
  const { gracePeriodSeconds, propagationPolicy, preconditions } = data;
  const denied = evictionDenial(context, pod, { gracePeriodSeconds, propagationPolicy, preconditions });
  if (denied !== undefined) return refused(denied);
  const charge = chargeFor(context, pod);
  if (!charge.ok) return charge;
  const deletion = deletionOf(context, row, pod, data, withCondition(pod, context.metadata.time));
  if (!deletion.ok) return deletion;
  const budget = charge.budget && changeEvent(BUDGETS, charge.budget, charged(charge.budget, name, context));
  const events = [budget, deletion.event].filter((event) => event !== undefined);
  const reply = {
    position: Number(pod.metadata.resourceVersion),
    key: { resource: 'pods', namespace, name },
    uid: pod.metadata.uid,
    ...(isReadyToGo('pods', deletion.after) ? {} : { object: deletion.after }),
  };
  return { ok: true, events: dryRun === true ? [] : events, reply };
}

/** The budget that an eviction is a burden to, if there is one, or why it may not be. */
type Charge =
  { readonly ok: true; readonly budget?: StoredBudget } | { readonly ok: false; readonly status: KubeStatus };

function chargeFor({ state }: DecisionContext, pod: StoredPod): Charge {
  if (isNoBurden(pod)) return { ok: true };
  const [budget, ...others] = budgetsOf(state, pod);
  if (budget === undefined) return { ok: true };
  if (others.length > 0) return refused(severalBudgets());
  const { unhealthyPodEvictionPolicy } = budget.spec ?? {};
  const { currentHealthy = 0, desiredHealthy = 0 } = budget.status ?? {};
  if (!isConditionTrue(pod, 'Ready')) {
    // It is not among the healthy ones that the budget counts.
    if (unhealthyPodEvictionPolicy === 'AlwaysAllow') return { ok: true };
    if (currentHealthy >= desiredHealthy && desiredHealthy > 0) return { ok: true };
  }
  const status = budgetRejection(budget);
  return status === undefined ? { ok: true, budget } : refused(status);
}

/** One that has ended, never started or is going already disturbs nobody by going. */
function isNoBurden({ metadata, status }: StoredPod): boolean {
  const { phase = '' } = status ?? {};
  return metadata.deletionTimestamp !== undefined || ['Succeeded', 'Failed', 'Pending'].includes(phase);
}

function budgetsOf(state: ReadonlyCluster, { metadata }: StoredPod): StoredBudget[] {
  const { labels = {}, namespace = '' } = metadata;
  if (Object.keys(labels).length === 0) return [];
  return state.list(BUDGETS, namespace).filter(({ spec }) => selects(spec?.selector, labels));
}

function severalBudgets(): KubeStatus {
  const message = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';
  // Kubernetes gives no reason there.
  return { ...statusOf.internal(message), message, reason: '', details: {} };
}

function budgetRejection({ metadata, status = {} }: StoredBudget): KubeStatus | undefined {
  const { name, generation = 0 } = metadata;
  const { observedGeneration = 0, disruptionsAllowed: allowed = 0, disruptedPods = {} } = status;
  if (observedGeneration < generation) {
    return violation(`The disruption budget ${name} is still being processed by the server.`, RETRY_SECONDS);
  }
  if (allowed < 0) return statusOf.forbidden(BUDGET, name, 'pdb disruptions allowed is negative');
  if (Object.keys(disruptedPods).length > MAX_DISRUPTED_PODS) {
    const reason = 'DisruptedPods map too big - too many evictions not confirmed by PDB controller';
    return statusOf.forbidden(BUDGET, name, reason);
  }
  if (allowed > 0) return undefined;
  const condition = (status.conditions ?? []).find(({ type }) => type === 'DisruptionAllowed');
  if (condition?.status === 'False' && condition.message !== '') return violation(condition.message, 0);
  const { desiredHealthy = 0, currentHealthy = 0 } = status;
  return violation(
    `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`,
    0,
  );
}

function violation(message: string, retryAfterSeconds: number): KubeStatus {
  const retry = retryAfterSeconds === 0 ? {} : { retryAfterSeconds };
  const details = { causes: [{ reason: 'DisruptionBudget', message }], ...retry };
  return { ...statusOf.tooManyRequests(VIOLATION, retryAfterSeconds), details };
}

/** The budget with one disruption less, and the pod among those that its controller will see go. */
function charged(budget: StoredBudget, pod: string, { metadata }: DecisionContext): StoredBudget {
  const { status = {} } = budget;
  const allowed = (status.disruptionsAllowed ?? 0) - 1;
  const time = kubernetesTime(metadata.time);
  const disruptedPods = { ...status.disruptedPods, [pod]: time };
  const said = disruptionAllowed(allowed);
  const conditions = withDisruptionAllowed(status.conditions ?? [], said, status.observedGeneration, time);
  return { ...budget, status: { ...status, disruptionsAllowed: allowed, disruptedPods, conditions } };
}

function withCondition(pod: StoredPod, now: string): StoredPod {
  const before = conditionOf(pod, EVICTED.type);
  const lastTransitionTime = transitionTime(before, EVICTED.status, kubernetesTime(now));
  const condition = { ...EVICTED, ...(lastTransitionTime === undefined ? {} : { lastTransitionTime }) };
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== EVICTED.type);
  return { ...pod, status: { ...pod.status, conditions: [...others, condition] } };
}
