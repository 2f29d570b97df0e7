import type { HorizontalPodAutoscalerBehavior, HPAScalingRules } from '@shiplog/contracts';
import type { AutoscalerSettings } from './settings';

/** A number of pods that was recommended at a moment, or by which their number changed then: above zero for more. */
export interface Dated {
  readonly atMs: number;
  readonly pods: number;
}

/** With a recommendation more: of those of the same number the last is enough, of those before a moment none. */
export function remember(recommended: readonly Dated[], latest: Dated, sinceMs: number): readonly Dated[] {
  return [...recommended.filter(({ atMs, pods }) => pods !== latest.pods && atMs >= sinceMs), latest];
}

/** What an autoscaler remembers; a controller that begins anew starts with the present number as its only recommendation. */
export interface AutoscalerMemory {
  readonly recommended: readonly Dated[];
  readonly rescaled: readonly Dated[];
}

/** A reason and its sentence, of a condition. */
export interface Said {
  readonly reason: string;
  readonly message: string;
}

export interface Range {
  readonly current: number;
  readonly min: number;
  readonly max: number;
}

/** What may be done of what is wished, and why no more. */
export interface Limited extends Said {
  readonly replicas: number;
}

const LOWER: Said = {
  reason: 'ScaleUpStabilized',
  message: 'recent recommendations were lower than current one, applying the lowest recent recommendation',
};
const HIGHER: Said = {
  reason: 'ScaleDownStabilized',
  message: 'recent recommendations were higher than current one, applying the highest recent recommendation',
};
const WITHIN: Said = { reason: 'DesiredWithinRange', message: 'the desired count is within the acceptable range' };
const TOO_MANY: Said = {
  reason: 'TooManyReplicas',
  message: 'the desired replica count is more than the maximum replica count',
};
const TOO_FEW: Said = {
  reason: 'TooFewReplicas',
  message: 'the desired replica count is less than the minimum replica count',
};
const TOO_FAST_UP: Said = {
  reason: 'ScaleUpLimit',
  message: 'the desired replica count is increasing faster than the maximum scale rate',
};
const TOO_FAST_DOWN: Said = {
  reason: 'ScaleDownLimit',
  message: 'the desired replica count is decreasing faster than the maximum scale rate',
};

/** Without rules of its own an autoscaler doubles, or goes to this many pods at once. */
const LEAST_SCALE_UP = 4;

/** In milliseconds. Without `up`, the highest recent recommendation counts whichever way it goes. */
export interface Windows {
  readonly up?: number;
  readonly down: number;
}

/** How long recommendations hold. */
export function windowsOf(
  behavior: HorizontalPodAutoscalerBehavior | undefined,
  { downscaleStabilizationMs }: AutoscalerSettings,
): Windows {
  const { scaleUp, scaleDown } = behavior ?? {};
  const down = scaleDown?.stabilizationWindowSeconds;
  return {
    ...(behavior === undefined ? {} : { up: (scaleUp?.stabilizationWindowSeconds ?? 0) * 1_000 }),
    down: down === undefined ? downscaleStabilizationMs : down * 1_000,
  };
}

/**
 * Holds on to the lowest of recent recommendations before there are more pods, to the highest before there are fewer
 * (stabilizeRecommendation and stabilizeRecommendationWithBehaviors of Kubernetes' horizontal controller).
 */
export function stabilized(
  wished: number,
  { current }: Range,
  recommended: readonly Dated[],
  windows: Windows,
  nowMs: number,
): Limited | undefined {
  const goesUp = wished >= current && windows.up !== undefined;
  const windowMs = (goesUp ? windows.up : windows.down) ?? 0;
  const recent = recommended.filter(({ atMs }) => atMs > nowMs - windowMs);
  const pick = goesUp ? Math.min : Math.max;
  const replicas = pick(wished, ...recent.map(({ pods }) => pods));
  return replicas === wished ? undefined : { replicas, ...(goesUp ? LOWER : HIGHER) };
}

/** Keeps a wish in range and within the usual speed (convertDesiredReplicasWithRules there). */
export function limited(wished: number, { current, min, max }: Range): Limited {
  const fastest = Math.max(2 * current, LEAST_SCALE_UP);
  if (wished < min) return { replicas: min, ...TOO_FEW };
  if (wished > Math.min(max, fastest))
    return max > fastest ? { replicas: fastest, ...TOO_FAST_UP } : { replicas: max, ...TOO_MANY };
  return { replicas: wished, ...WITHIN };
}

/** Keeps a wish in range and within the speed that an autoscaler's own rules allow (convertDesiredReplicasWithBehaviorRate). */
export function limitedByRules(
  wished: number,
  { current, min, max }: Range,
  { scaleUp, scaleDown }: HorizontalPodAutoscalerBehavior,
  rescaled: readonly Dated[],
  nowMs: number,
): Limited {
  if (wished > current) {
    const fastest = Math.max(current, mostUp(current, scaleUp ?? {}, rescaled, nowMs));
    if (wished > Math.min(max, fastest)) {
      return max > fastest ? { replicas: fastest, ...TOO_FAST_UP } : { replicas: max, ...TOO_MANY };
    }
  } else if (wished < current) {
    const fastest = Math.min(current, mostDown(current, scaleDown ?? {}, rescaled, nowMs));
    if (wished < Math.max(min, fastest)) {
      return min < fastest ? { replicas: fastest, ...TOO_FAST_DOWN } : { replicas: min, ...TOO_FEW };
    }
  }
  return { replicas: wished, ...WITHIN };
}

/** The longest time that any rule looks back, in milliseconds. */
export function longestPeriodMs({ scaleUp, scaleDown }: HorizontalPodAutoscalerBehavior): number {
  const periods = [scaleUp, scaleDown]
    .flatMap((rules) => rules?.policies ?? [])
    .map(({ periodSeconds }) => periodSeconds);
  return Math.max(0, ...periods) * 1_000;
}

function mostUp(
  current: number,
  { policies = [], selectPolicy }: HPAScalingRules,
  rescaled: readonly Dated[],
  nowMs: number,
) {
  if (selectPolicy === 'Disabled') return current;
  const allowed = policies.map(({ type, value, periodSeconds }) => {
    const atStart = current - changedSince(nowMs - periodSeconds * 1_000, rescaled, 1);
    return type === 'Pods' ? atStart + value : Math.ceil(atStart * (1 + value / 100));
  });
  return selectPolicy === 'Min' ? Math.min(...allowed) : Math.max(0, ...allowed);
}

function mostDown(
  current: number,
  { policies = [], selectPolicy }: HPAScalingRules,
  rescaled: readonly Dated[],
  nowMs: number,
) {
  if (selectPolicy === 'Disabled') return current;
  const allowed = policies.map(({ type, value, periodSeconds }) => {
    const atStart = current + changedSince(nowMs - periodSeconds * 1_000, rescaled, -1);
    return type === 'Pods' ? atStart - value : Math.trunc(atStart * (1 - value / 100));
  });
  return selectPolicy === 'Min' ? Math.max(...allowed) : Math.min(...allowed);
}

/** By how many pods the number went one way since a moment. */
function changedSince(sinceMs: number, rescaled: readonly Dated[], direction: 1 | -1): number {
  return rescaled.reduce((sum, { atMs, pods }) => sum + (atMs > sinceMs ? Math.max(0, direction * pods) : 0), 0);
}
