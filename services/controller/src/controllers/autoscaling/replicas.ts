import { conditionOf, type StoredPod } from '@shiplog/kube';
import { parseQuantity } from '@shiplog/apimachinery';
import { isPodReady, timeOf } from '../../domain/pods';
import type { AutoscalerSettings } from './settings';
import type { PodMetrics } from './sources';

/** How many pods a metric asks for, and what it was measured as. */
export interface Proposal {
  readonly replicas: number;
  /** Percent of what the pods request; absent for metrics that are no part of a request. */
  readonly utilization?: number;
  /** Of a pod on average, in thousandths; for a metric of an object that is held against a value: of the object. */
  readonly amount: number;
}

/** A proposal, or in Kubernetes' words why there is none. */
export type Proposed = ({ readonly ok: true } & Proposal) | { readonly ok: false; readonly message: string };

/** What a proposal is made from. */
export interface Scene {
  readonly pods: readonly StoredPod[];
  /** Of the target's spec. */
  readonly replicas: number;
  readonly nowMs: number;
  readonly settings: AutoscalerSettings;
}

interface Groups {
  /** Those that are measured and count. */
  readonly ready: number;
  /** Measured or not: they are not running yet, or their figures are those of their start. */
  readonly unready: readonly string[];
  readonly missing: readonly string[];
  /** On their way out, or failed. */
  readonly ignored: readonly string[];
}

/** How figures of pods are held against a target. */
interface Yardstick {
  /** Undefined when none of the pods is known. */
  ratio(values: ReadonlyMap<string, number>): ({ readonly ratio: number } & Omit<Proposal, 'replicas'>) | undefined;
  /** What a pod without a figure is taken to use when the others use little. */
  assumed(pod: string): number;
  /** Also where the others use just what is aimed at, a pod without a figure is taken to use nothing. */
  readonly missingIsNothing: boolean;
}

const failed = (message: string): Proposed => ({ ok: false, message });
const NO_PODS = failed('no pods returned by selector while calculating replica count');

/**
 * By the part of their requests that pods use (GetResourceReplicas of Kubernetes' replica calculator).
 * @param target percent
 * @param container the only one that counts; undefined: all
 */
export function byUtilization(
  scene: Scene,
  resource: string,
  metrics: PodMetrics,
  target: number,
  container?: string,
): Proposed {
  if (scene.pods.length === 0) return NO_PODS;
  const requests = requestsOf(scene.pods, resource, container);
  if (typeof requests === 'string') return failed(requests);
  return propose(scene, resource, metrics, {
    ratio: (values) => {
      const known = [...values].filter(([pod]) => requests.has(pod));
      const requested = known.reduce((sum, [pod]) => sum + (requests.get(pod) ?? 0), 0);
      if (requested === 0) return undefined;
      const used = known.reduce((sum, [, value]) => sum + value, 0);
      const utilization = Math.trunc((used * 100) / requested);
      return { ratio: utilization / target, utilization, amount: Math.trunc(used / known.length) };
    },
    assumed: (pod) => Math.trunc(((requests.get(pod) ?? 0) * Math.max(100, target)) / 100),
    missingIsNothing: false,
  });
}

/** By what pods use on average, in thousandths (calcPlainMetricReplicas). `resource`: '' for a metric of another kind. */
export function byAverage(scene: Scene, resource: string, metrics: PodMetrics, target: number): Proposed {
  if (scene.pods.length === 0) return NO_PODS;
  return propose(scene, resource, metrics, {
    ratio: (values) => {
      const amount = Math.trunc([...values.values()].reduce((sum, value) => sum + value, 0) / values.size);
      return { ratio: amount / target, amount };
    },
    assumed: () => target,
    missingIsNothing: true,
  });
}

/** By one figure for all pods, held against a target for all (GetObjectMetricReplicas); a target without pods may get some. */
export function byValue(scene: Scene, amount: number, target: number): Proposed {
  const { pods, replicas, settings } = scene;
  const ratio = amount / target;
  if (replicas === 0) return { ok: true, replicas: Math.ceil(ratio), amount };
  if (isNear(ratio, settings)) return { ok: true, replicas, amount };
  if (pods.length === 0) {
    return failed('unable to calculate ready pods: no pods returned by selector while calculating replica count');
  }
  const ready = pods.filter((pod) => pod.status?.phase === 'Running' && isPodReady(pod)).length;
  return { ok: true, replicas: Math.ceil(ratio * ready), amount };
}

/** By one figure for all pods, held against a target for each (GetObjectPerPodMetricReplicas). */
export function byShare({ settings }: Scene, statusReplicas: number, value: number, target: number): Proposed {
  const isEnough = statusReplicas > 0 && isNear(value / (target * statusReplicas), settings);
  const replicas = isEnough ? statusReplicas : Math.ceil(value / target);
  return { ok: true, replicas, amount: statusReplicas > 0 ? Math.ceil(value / statusReplicas) : value };
}

/** Pods that are not measured, or not yet worth it, must not turn the decision the other way: they only hold it back. */
function propose(scene: Scene, resource: string, metrics: PodMetrics, yardstick: Yardstick): Proposed {
  const { replicas: current, settings } = scene;
  const { ready, unready, missing, ignored } = groupsOf(scene, resource, metrics);
  const values = new Map([...metrics].map(([pod, { value }]) => [pod, value]));
  for (const pod of [...unready, ...ignored]) values.delete(pod);
  if (values.size === 0) return failed('did not receive metrics for any ready pods');
  const measured = yardstick.ratio(values);
  if (measured === undefined) return failed('no metrics returned matched known pods');
  const { ratio, ...figures } = measured;
  const proposing = (replicas: number): Proposed => ({ ok: true, replicas, ...figures });

  const countsUnready = unready.length > 0 && ratio > 1;
  if (!countsUnready && missing.length === 0) {
    return proposing(isNear(ratio, settings) ? current : Math.ceil(ratio * ready));
  }
  for (const pod of missing) {
    if (ratio < 1) values.set(pod, yardstick.assumed(pod));
    else if (ratio > 1 || yardstick.missingIsNothing) values.set(pod, 0);
  }
  if (countsUnready) for (const pod of unready) values.set(pod, 0);
  const again = yardstick.ratio(values)?.ratio ?? ratio;
  if (isNear(again, settings) || (ratio < 1 && again > 1) || (ratio > 1 && again < 1)) return proposing(current);
  const replicas = Math.ceil(again * values.size);
  const isTurned = (again < 1 && replicas > current) || (again > 1 && replicas < current);
  return proposing(isTurned ? current : replicas);
}

function isNear(ratio: number, { tolerance }: AutoscalerSettings): boolean {
  return Math.abs(1 - ratio) <= tolerance;
}

function groupsOf({ pods, nowMs, settings }: Scene, resource: string, metrics: PodMetrics): Groups {
  const [unready, missing, ignored]: [string[], string[], string[]] = [[], [], []];
  let ready = 0;
  for (const pod of pods) {
    const { name, deletionTimestamp } = pod.metadata;
    const metric = metrics.get(name);
    const phase = pod.status?.phase;
    if (deletionTimestamp !== undefined || phase === 'Failed') ignored.push(name);
    else if (phase === 'Pending') unready.push(name);
    else if (metric === undefined) missing.push(name);
    else if (resource === 'cpu' && isStarting(pod, metric, nowMs, settings)) unready.push(name);
    else ready++;
  }
  return { ready, unready, missing, ignored };
}

/** Whether what a pod uses of processors is what its start takes, which says nothing of its work. */
function isStarting(
  pod: StoredPod,
  { timeMs, windowMs }: { readonly timeMs: number; readonly windowMs: number },
  nowMs: number,
  { cpuInitializationMs, initialReadinessDelayMs }: AutoscalerSettings,
): boolean {
  const ready = conditionOf(pod, 'Ready');
  const { startTime } = pod.status ?? {};
  if (ready === undefined || startTime === undefined) return true;
  const startMs = timeOf(startTime);
  const sinceMs = timeOf(ready.lastTransitionTime);
  if (startMs + cpuInitializationMs > nowMs) return ready.status === 'False' || timeMs < sinceMs + windowMs;
  return ready.status === 'False' && startMs + initialReadinessDelayMs > sinceMs;
}

/** What pods request, in thousandths, by their names; or which container requests nothing. */
function requestsOf(
  pods: readonly StoredPod[],
  resource: string,
  only: string | undefined,
): ReadonlyMap<string, number> | string {
  const requests = new Map<string, number>();
  for (const { metadata, spec } of pods) {
    const sidecars = (spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
    let sum = 0;
    for (const { name, resources } of [...sidecars, ...(spec?.containers ?? [])]) {
      if (only !== undefined && name !== only) continue;
      const amount = parseQuantity(String(resources?.requests?.[resource] ?? ''));
      if (amount === undefined) return `missing request for ${resource} in container ${name} of Pod ${metadata.name}`;
      sum += Number(amount);
    }
    requests.set(metadata.name, sum);
  }
  return requests;
}
