import type { Probe } from '@shiplog/contracts';

/** Kubernetes' defaults, for objects that never passed through its defaulting. */
export function timingOf(probe: Probe): { delayMs: number; periodMs: number; timeoutMs: number } {
  return {
    delayMs: (probe.initialDelaySeconds ?? 0) * 1_000,
    periodMs: Math.max(1, probe.periodSeconds ?? 10) * 1_000,
    timeoutMs: Math.max(1, probe.timeoutSeconds ?? 1) * 1_000,
  };
}

/** What single results have come to so far. */
export interface ProbeState {
  /** Undefined until a threshold was reached for the first time. */
  readonly passed: boolean | undefined;
  /** How many of the last results were alike, and which. */
  readonly run: number;
  readonly last: boolean | undefined;
}

export const UNPROBED: ProbeState = { passed: undefined, run: 0, last: undefined };

/** One more result: the verdict changes when as many alike in a row as the threshold says have come. */
export function addResult(state: ProbeState, ok: boolean, probe: Probe): ProbeState {
  const run = state.last === ok ? state.run + 1 : 1;
  const threshold = Math.max(1, ok ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3));
  return { passed: run >= threshold ? ok : state.passed, run, last: ok };
}

/** What probes came to for one running container. A container without a probe of a kind has passed it. */
export interface ProbeVerdict {
  /** No startup probe, or it succeeded. */
  readonly started: boolean;
  readonly ready: boolean;
  /** A liveness or startup probe failed for good: the sentence that says which. */
  readonly unhealthy?: string;
  /** Grace of the failed probe, if it has its own, in seconds. */
  readonly graceSeconds?: number;
}
