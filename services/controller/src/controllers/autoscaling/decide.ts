import type { MetricStatus, ObjectOf, ResourceId, Scale } from '@shiplog/contracts';
import { sameJson } from '@shiplog/apimachinery';
import { patchOf, statusPatchOf } from '@shiplog/kube';
import { warningOn } from '../../domain/pod-making';
import type { FoundScale } from '../../domain/scales';
import {
  isRace,
  type Note,
  type Now,
  type PlannedCommand,
  type ReconcileResult,
  type Refusal,
} from '../../runtime/domain/controller';
import { withCondition, type Conditions, type ConditionType } from './conditions';
import {
  limited,
  limitedByRules,
  longestPeriodMs,
  remember,
  stabilized,
  windowsOf,
  type AutoscalerMemory,
  type Said,
} from './limits';
import { summaryOf, type MetricReading } from './metrics';
import type { AutoscalerSettings } from './settings';
import { steadyMetrics } from './steady-metrics';

export const AUTOSCALERS = 'horizontalpodautoscalers.autoscaling';
export type Autoscaler = ObjectOf<typeof AUTOSCALERS>;

/** As Kubernetes' controller calls itself in events. */
const COMPONENT = 'horizontal-pod-autoscaler';

/** All that the decision on one HorizontalPodAutoscaler looks at. */
export interface AutoscalerView {
  readonly autoscaler: Autoscaler;
  readonly target: FoundScale;
  /** Of each of its metrics, in their order; or why none can be read. Not looked at where they make no difference. */
  readonly readings: readonly MetricReading[] | Said;
  readonly memory: AutoscalerMemory;
  readonly settings: AutoscalerSettings;
  readonly now: Now;
  readonly refused: readonly Refusal[];
}

/** What an autoscaler does now, and what it remembers of it. */
export interface AutoscalerDecision {
  readonly result: ReconcileResult;
  readonly memory: AutoscalerMemory;
}

/** How many pods there should be, with what is said of that. */
interface Outcome {
  readonly desired: number;
  /** Why there should be another number. */
  readonly reason: string;
  readonly conditions: readonly [ConditionType, boolean, Said][];
  /** Undefined: what was measured the last time is left as it is. */
  readonly metrics?: readonly MetricStatus[];
  readonly notes?: readonly Note[];
  readonly memory: AutoscalerMemory;
}

/** Whether a target's number of pods is for its metrics to say: not at nothing, which somebody else wished, nor out of range. */
export function dependsOnMetrics({ spec }: Autoscaler, { spec: { replicas = 0 } = {} }: Scale): boolean {
  const { minReplicas = 1, maxReplicas = 0 } = spec ?? {};
  return !(replicas === 0 && minReplicas !== 0) && replicas <= maxReplicas && replicas >= minReplicas;
}

/** Decides on one HorizontalPodAutoscaler (reconcileAutoscaler of Kubernetes' horizontal controller). */
export function decideAutoscaler(view: AutoscalerView): AutoscalerDecision {
  const { autoscaler, target, settings, now } = view;
  if (target.found !== 'scale') return withoutScale(view, target);
  const { resource, scale } = target;
  const current = scale.spec?.replicas ?? 0;
  const outcome = outcomeOf({ ...view, memory: remembered(view, resource, current) }, current);
  const { desired, memory } = outcome;
  const refusal = view.refused.find((other) => isRescale(other, resource) && !isRace(other.status));
  const isTried = desired !== current && refusal === undefined;
  const said = desired === current ? [] : [rescaled(desired, refusal)];
  const status = {
    // As it is stored: none is not told.
    currentReplicas: current === 0 ? undefined : current,
    desiredReplicas: refusal === undefined ? desired : (autoscaler.status?.desiredReplicas ?? 0),
    lastScaleTime: isTried ? now.time : autoscaler.status?.lastScaleTime,
    currentMetrics: metricsOf(autoscaler, outcome.metrics),
    conditions: conditionsWith(view, [ABLE, ...outcome.conditions, ...said]),
  };
  const failed = refusal === undefined ? [] : [failedRescale(autoscaler, outcome, refusal)];
  const rescale = isTried ? [rescaling(view, resource, scale, outcome)] : [];
  return {
    result: {
      commands: [...rescale, ...writeStatus(autoscaler, status)],
      notes: [...(outcome.notes ?? []), ...failed],
      requeueAfterMs: settings.syncPeriodMs,
    },
    memory: isTried ? { ...memory, rescaled: [...memory.rescaled, { atMs: now.ms, pods: desired - current }] } : memory,
  };
}

/** A change that was refused did not happen; what is older than any rule looks back is forgotten. */
function remembered(view: AutoscalerView, resource: ResourceId, current: number): AutoscalerMemory {
  const { autoscaler, memory, refused, now } = view;
  const { behavior } = autoscaler.spec ?? {};
  const happened = refused.some((refusal) => isRescale(refusal, resource))
    ? memory.rescaled.slice(0, -1)
    : memory.rescaled;
  const sinceMs = now.ms - (behavior === undefined ? 0 : longestPeriodMs(behavior));
  return {
    recommended: memory.recommended.length === 0 ? [{ atMs: now.ms, pods: current }] : memory.recommended,
    rescaled: happened.filter(({ atMs }) => atMs > sinceMs),
  };
}

function isRescale({ command }: Refusal, resource: ResourceId): boolean {
  return command.type === 'PatchObject' && command.data.resource === resource && command.data.subresource === 'scale';
}

function outcomeOf(view: AutoscalerView, current: number): Outcome {
  const { minReplicas = 1, maxReplicas = 0 } = view.autoscaler.spec ?? {};
  const { memory } = view;
  if (current === 0 && minReplicas !== 0) {
    return { desired: 0, reason: '', conditions: [['ScalingActive', false, DISABLED]], metrics: [], memory };
  }
  if (current > maxReplicas) {
    const reason = 'Current number of replicas above Spec.MaxReplicas';
    return { desired: maxReplicas, reason, conditions: [], metrics: [], memory };
  }
  if (current < minReplicas) {
    const reason = 'Current number of replicas below Spec.MinReplicas';
    return { desired: minReplicas, reason, conditions: [], metrics: [], memory };
  }
  return byMetrics(view, current);
}

/**
 * The most that any metric asks for (computeReplicasForMetrics): where some can't be read the others may make more of the pods,
 * never fewer.
 */
function byMetrics(view: AutoscalerView, current: number): Outcome {
  const { autoscaler, readings, memory } = view;
  if ('reason' in readings) return undecided(view, current, readings);
  const valid = readings.filter((reading) => reading.ok);
  const invalid = readings.filter((reading) => !reading.ok);
  const highest = valid.reduce<(typeof valid)[number] | undefined>(
    (best, reading) => (best === undefined || reading.replicas > best.replicas ? reading : best),
    undefined,
  );
  const [first] = invalid;
  // Each at the place of its metric: what could not be read has one, too.
  const metrics = readings.map((reading) => (reading.ok ? reading.status : { type: '' }));
  const failures = invalid.map(({ reason, message }) => warning(autoscaler, reason, message));
  if (first !== undefined) failures.push(warning(autoscaler, 'FailedComputeMetricsReplicas', summaryOf(readings)));
  if (highest === undefined || (first !== undefined && highest.replicas < current)) {
    const said = first ?? { reason: 'InvalidMetricSourceType', message: 'no metrics' };
    const message = `the HPA was unable to compute the replica count: ${said.message}`;
    return { ...undecided(view, current, { reason: said.reason, message }), metrics, notes: failures };
  }
  const active: [ConditionType, boolean, Said] = [
    'ScalingActive',
    true,
    {
      reason: 'ValidMetricFound',
      message: `the HPA was able to successfully calculate a replica count from ${highest.name}`,
    },
  ];
  const { replicas, conditions } = normalized(view, current, highest.replicas);
  const { recommended } = memory;
  const sinceMs = view.now.ms - longestWindowMs(view);
  const latest = { atMs: view.now.ms, pods: highest.replicas };
  return {
    desired: replicas,
    reason: highest.replicas > current ? `${highest.name} above target` : 'All metrics below target',
    conditions: [active, ...conditions],
    metrics,
    notes: failures,
    memory: { ...memory, recommended: remember(recommended, latest, sinceMs) },
  };
}

function undecided(view: AutoscalerView, current: number, said: Said): Outcome {
  return { desired: current, reason: '', conditions: [['ScalingActive', false, said]], memory: view.memory };
}

/** What becomes of a recommendation by what was recommended lately, the speed that is allowed, and the range. */
function normalized(
  { autoscaler, memory, settings, now }: AutoscalerView,
  current: number,
  wished: number,
): { replicas: number; conditions: [ConditionType, boolean, Said][] } {
  const { minReplicas = 1, maxReplicas = 0, behavior } = autoscaler.spec ?? {};
  const range = { current, min: minReplicas, max: maxReplicas };
  const windows = windowsOf(behavior, settings);
  const held = stabilized(wished, range, memory.recommended, windows, now.ms);
  const steady = held?.replicas ?? wished;
  const allowed =
    behavior === undefined ? limited(steady, range) : limitedByRules(steady, range, behavior, memory.rescaled, now.ms);
  return {
    replicas: allowed.replicas,
    conditions: [
      ['AbleToScale', true, held ?? READY],
      ['ScalingLimited', allowed.replicas !== steady, allowed],
    ],
  };
}

function longestWindowMs({ autoscaler, settings }: AutoscalerView): number {
  const { up = 0, down } = windowsOf(autoscaler.spec?.behavior, settings);
  return Math.max(up, down);
}

const ABLE: [ConditionType, boolean, Said] = [
  'AbleToScale',
  true,
  {
    reason: 'SucceededGetScale',
    message: "the HPA controller was able to get the target's current scale",
  },
];
const READY: Said = { reason: 'ReadyForNewScale', message: 'recommended size matches current size' };
const DISABLED: Said = {
  reason: 'ScalingDisabled',
  message: 'scaling is disabled since the replica count of the target is zero',
};

function rescaled(desired: number, refusal: Refusal | undefined): [ConditionType, boolean, Said] {
  if (refusal === undefined) {
    const message = `the HPA controller was able to update the target scale to ${desired}`;
    return ['AbleToScale', true, { reason: 'SucceededRescale', message }];
  }
  const message = `the HPA controller was unable to update the target scale: ${refusal.status.message ?? ''}`;
  return ['AbleToScale', false, { reason: 'FailedUpdateScale', message }];
}

/** In the version that was decided on: who scaled it meanwhile is not written over. */
function rescaling(
  { autoscaler }: AutoscalerView,
  resource: ResourceId,
  { metadata }: Scale,
  { desired, reason }: Outcome,
): PlannedCommand {
  const { namespace, name = '', uid, resourceVersion } = metadata ?? {};
  const target = { metadata: { namespace, name, uid, resourceVersion } };
  const options = { subresource: 'scale', patchType: 'merge', asSeen: true } as const;
  const note: Note = {
    ...warning(autoscaler, 'SuccessfulRescale', `New size: ${desired}; reason: ${reason}`),
    type: 'Normal',
  };
  return { ...patchOf(resource, target, { spec: { replicas: desired } }, options), note };
}

function failedRescale(autoscaler: Autoscaler, { desired, reason }: Outcome, { status }: Refusal): Note {
  const message = `New size: ${desired}; reason: ${reason}; error: ${status.message ?? ''}`;
  return warning(autoscaler, 'FailedRescale', message);
}

/** There is nothing to scale: nobody knows how many pods there are. */
function withoutScale(view: AutoscalerView, target: Exclude<FoundScale, { found: 'scale' }>): AutoscalerDecision {
  const { autoscaler, memory, settings } = view;
  const problem = problemOf(autoscaler, target);
  const message = `the HPA controller was unable to get the target's current scale: ${problem}`;
  const conditions = conditionsWith(view, [['AbleToScale', false, { reason: 'FailedGetScale', message }]]);
  return {
    result: {
      commands: writeStatus(autoscaler, { ...autoscaler.status, conditions }),
      notes: [warning(autoscaler, 'FailedGetScale', problem)],
      requeueAfterMs: settings.syncPeriodMs,
    },
    memory,
  };
}

function problemOf({ spec }: Autoscaler, target: Exclude<FoundScale, { found: 'scale' }>): string {
  const { apiVersion = '', kind = '', name = '' } = spec?.scaleTargetRef ?? {};
  switch (target.found) {
    case 'no kind': {
      const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
      return `no matches for kind ${JSON.stringify(kind)} in group ${JSON.stringify(group)}`;
    }
    case 'no scale':
      return 'the server could not find the requested resource';
    case 'no object':
      return `${target.resource} ${JSON.stringify(name)} not found`;
    case 'not asked':
      return `${target.key.resource} ${JSON.stringify(name)} was not asked for`;
  }
}

function conditionsWith(
  { autoscaler, now }: AutoscalerView,
  said: readonly [ConditionType, boolean, Said][],
): Conditions {
  const latest = new Map(said.map(([type, ...rest]) => [type, rest]));
  let conditions: Conditions = autoscaler.status?.conditions ?? [];
  for (const [type, [isTrue, text]] of latest) conditions = withCondition(conditions, type, isTrue, text, now.time);
  return conditions;
}

function metricsOf(autoscaler: Autoscaler, measured: readonly MetricStatus[] | undefined): readonly MetricStatus[] {
  const stored = autoscaler.status?.currentMetrics ?? [];
  return measured === undefined ? stored : steadyMetrics(stored, measured, autoscaler.spec?.metrics ?? []);
}

function writeStatus(autoscaler: Autoscaler, wanted: object): PlannedCommand[] {
  const status = Object.fromEntries(
    Object.entries(wanted).filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0)),
  );
  const stored = autoscaler.status ?? {};
  if (sameJson(stored, status)) return [];
  const gone = Object.keys(stored).filter((field) => !(field in status));
  const patch = { ...status, ...Object.fromEntries(gone.map((field) => [field, null])) };
  return [statusPatchOf(AUTOSCALERS, autoscaler, patch, { patchType: 'merge' })];
}

function warning({ metadata: { namespace, name, uid } }: Autoscaler, reason: string, message: string): Note {
  return warningOn({ resource: AUTOSCALERS, namespace, name, uid }, COMPONENT, reason, message);
}
