import type { ObjectOf, PodDisruptionBudgetStatus, ResourceId } from '@shiplog/contracts';
import { sameJson } from '@shiplog/apimachinery';
import {
  disruptionAllowed,
  statusPatchOf,
  withDisruptionAllowed,
  type DisruptionAllowed,
  type StoredPod,
} from '@shiplog/kube';
import { type Note, type Now, type PlannedCommand, type ReconcileResult } from '../../runtime/domain/controller';
import { goSelectorText } from '../../domain/go-selector';
import { warningOn } from '../../domain/pod-making';
import { isPodReady, timeOf } from '../../domain/pods';
import type { Expectation } from './expectation';

type Budget = ObjectOf<'poddisruptionbudgets.policy'>;

const RESOURCE = 'poddisruptionbudgets.policy';
/** As Kubernetes' disruption controller calls itself in events. */
const COMPONENT = 'controllermanager';
/** A pod that was evicted is expected to be on its way out by then; one that isn't is counted again. */
export const DELETION_TIMEOUT_MS = 120_000;

/** All that the decision on one PodDisruptionBudget looks at. */
export interface BudgetView {
  readonly budget: Budget;
  /** Those that its selector chooses. */
  readonly pods: readonly StoredPod[];
  readonly expectation: Expectation;
  readonly now: Now;
}

/**
 * Counts for a budget how many of its pods are healthy and how many of them may go (trySync of Kubernetes' disruption
 * controller). What it writes is refused when an eviction was charged meanwhile: no charge is ever written over.
 */
export function decideBudget(view: BudgetView): ReconcileResult {
  const { budget, expectation, now } = view;
  if (!expectation.ok) return failSafe(view, expectation.message);
  const { kept: disruptedPods, overdue, nextMs } = disruptedOf(view);
  const currentHealthy = view.pods.filter((pod) => isHealthy(pod, disruptedPods)).length;
  const { expectedPods, desiredHealthy } = expectation;
  // A budget without pods allows none: the first ones may appear before they are counted.
  const disruptionsAllowed = expectedPods <= 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy);
  const counted = { currentHealthy, desiredHealthy, expectedPods, disruptionsAllowed, disruptedPods };
  const status = { ...counted, observedGeneration: budget.metadata.generation };
  const written = writeStatus(budget, status, disruptionAllowed(disruptionsAllowed), now);
  const note = noteOn(view);
  const commands = note === undefined ? written : written.map((command) => ({ ...command, note }));
  return { commands, notes: overdue.map((pod) => notDeleted(budget, pod)), requeueAfterMs: nextMs };
}

function isHealthy(pod: StoredPod, disruptedPods: Readonly<Record<string, string>>): boolean {
  const { deletionTimestamp, name } = pod.metadata;
  return deletionTimestamp === undefined && !Object.hasOwn(disruptedPods, name) && isPodReady(pod);
}

/** Which evicted pods are yet to be seen going, which should have gone long since, and when the next will be one of those. */
function disruptedOf({ budget, pods, now }: BudgetView) {
  const disrupted = budget.status?.disruptedPods ?? {};
  const kept: Record<string, string> = {};
  const overdue: StoredPod[] = [];
  let nextMs: number | undefined;
  for (const pod of pods) {
    const { name, deletionTimestamp, creationTimestamp } = pod.metadata;
    const since = Object.hasOwn(disrupted, name) ? disrupted[name] : undefined;
    // Another that was made later under the name of one that went has nothing to do with that.
    if (since === undefined || deletionTimestamp !== undefined || timeOf(creationTimestamp) > timeOf(since)) continue;
    const leftMs = timeOf(since) + DELETION_TIMEOUT_MS - now.ms;
    if (leftMs < 0) overdue.push(pod);
    else {
      kept[name] = since;
      nextMs = Math.min(nextMs ?? Infinity, leftMs + 1);
    }
  }
  return { kept, overdue, nextMs };
}

/** What can't be counted allows nothing, whatever was counted before. */
function failSafe({ budget, now }: BudgetView, message: string): ReconcileResult {
  const said: DisruptionAllowed = { status: 'False', reason: 'SyncFailed', message };
  const commands = writeStatus(budget, { ...budget.status, disruptionsAllowed: 0 }, said, now);
  const text = `Failed to calculate the number of expected pods: ${message}`;
  const note = warningOn(aboutOf(RESOURCE, budget), COMPONENT, 'CalculateExpectedPodCountFailed', text);
  return { commands: commands.map((command) => ({ ...command, note })) };
}

function writeStatus(
  budget: Budget,
  counted: PodDisruptionBudgetStatus,
  said: DisruptionAllowed,
  now: Now,
): PlannedCommand[] {
  const stored = budget.status ?? {};
  const conditions = withDisruptionAllowed(stored.conditions ?? [], said, counted.observedGeneration, now.time);
  const wanted = { ...stored, ...counted, disruptedPods: counted.disruptedPods ?? {}, conditions };
  if (sameJson({ ...stored, disruptedPods: stored.disruptedPods ?? {} }, wanted)) return [];
  const disruptedPods = Object.fromEntries(Object.keys(stored.disruptedPods ?? {}).map((name) => [name, null]));
  const patch = { ...wanted, disruptedPods: { ...disruptedPods, ...wanted.disruptedPods } };
  return [statusPatchOf(RESOURCE, budget, patch, { patchType: 'merge', asSeen: true })];
}

/** What a user should read beside a count that changed. */
function noteOn({ budget, pods, expectation }: BudgetView): Note | undefined {
  if (pods.length === 0) {
    return { ...warningOn(aboutOf(RESOURCE, budget), COMPONENT, 'NoPods', 'No matching pods found'), type: 'Normal' };
  }
  if (!expectation.ok || expectation.unmanaged.length === 0) return undefined;
  const selector = goSelectorText(budget.spec?.selector);
  const text = `Pods selected by this PodDisruptionBudget (selector: ${selector}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`;
  return warningOn(aboutOf(RESOURCE, budget), COMPONENT, 'UnmanagedPods', text);
}

function notDeleted({ metadata: { namespace = '', name } }: Budget, pod: StoredPod): Note {
  const text = `Pod was expected by PDB ${namespace}/${name} to be deleted but it wasn't`;
  return warningOn(aboutOf('pods', pod), COMPONENT, 'NotDeleted', text);
}

function aboutOf(resource: ResourceId, { metadata: { namespace, name, uid } }: Pick<Budget, 'metadata'>) {
  return { resource, namespace, name, uid };
}
