import type { Container, Probe } from '@shiplog/contracts';
import { messageOf } from '../container/start-failure';
import type { ProbeKind } from '../runtime/runtime';
import { type ProbeVerdict, addResult, timingOf, UNPROBED, type ProbeState } from './rules/verdict';
import { runProbe, type ActionTarget, type ProbeResult } from './actions';

const KINDS = ['Startup', 'Readiness', 'Liveness'] as const satisfies readonly ProbeKind[];
type Kind = (typeof KINDS)[number];

export interface ProbingOptions {
  readonly target: ActionTarget;
  /** Epoch milliseconds: initial delays count from here. */
  readonly startedAt: number;
  /** What was known of the container when the kubelet came: it need not prove itself again. */
  readonly before: { readonly started: boolean; readonly ready: boolean };
  now(): number;
  /** The verdict became another one. */
  changed(): void;
  /** Something is to be said of a single probe: why it failed, or what is odd with it. */
  said(reason: 'Unhealthy' | 'ProbeWarning', message: string): void;
}

/** Whether a container has any probe. */
export function hasProbes({ startupProbe, readinessProbe, livenessProbe }: Container): boolean {
  return startupProbe !== undefined || readinessProbe !== undefined || livenessProbe !== undefined;
}

/** Probes one running container until it is stopped. */
export class ContainerProbes {
  readonly #timers = new Map<Kind, NodeJS.Timeout>();
  /** Those that are asked for no more. */
  readonly #over = new Set<Kind>();
  readonly #states: Record<Kind, ProbeState> = { Startup: UNPROBED, Readiness: UNPROBED, Liveness: UNPROBED };
  readonly #container: Container;
  #stopped = false;
  #unhealthy: { cause: string; graceSeconds: number | undefined } | undefined;

  constructor(private readonly options: ProbingOptions) {
    const { container } = options.target;
    this.#container = container;
    if (options.before.started) this.#states.Startup = { ...UNPROBED, passed: true };
    if (options.before.ready) this.#states.Readiness = { ...UNPROBED, passed: true };
    if (container.startupProbe === undefined || options.before.started) this.#probeOn();
    else this.#begin('Startup', container.startupProbe);
  }

  get verdict(): ProbeVerdict {
    const started = this.#container.startupProbe === undefined || this.#states.Startup.passed === true;
    const ready = started && (this.#container.readinessProbe === undefined || this.#states.Readiness.passed === true);
    if (this.#unhealthy === undefined) return { started, ready };
    const { cause, graceSeconds } = this.#unhealthy;
    return { started, ready, unhealthy: cause, ...(graceSeconds === undefined ? {} : { graceSeconds }) };
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  /** The container is to end: only this is asked until it has (pkg/kubelet/prober/worker.go). */
  stopBut(kept: Kind): void {
    for (const kind of KINDS) if (kind !== kept) this.#over.add(kind);
    for (const [kind, timer] of this.#timers) if (kind !== kept) clearTimeout(timer);
  }

  /** Liveness and readiness, which wait for the startup probe. */
  #probeOn(): void {
    const { readinessProbe, livenessProbe } = this.#container;
    if (readinessProbe !== undefined) this.#begin('Readiness', readinessProbe);
    if (livenessProbe !== undefined) this.#begin('Liveness', livenessProbe);
  }

  #begin(kind: Kind, probe: Probe): void {
    const age = this.options.now() - this.options.startedAt;
    this.#after(Math.max(0, timingOf(probe).delayMs - age), kind, probe);
  }

  #after(ms: number, kind: Kind, probe: Probe): void {
    if (this.#stopped || this.#over.has(kind)) return;
    const timer = setTimeout(() => {
      this.#timers.delete(kind);
      void this.#probe(kind, probe);
    }, ms);
    this.#timers.set(kind, timer);
  }

  async #probe(kind: Kind, probe: Probe): Promise<void> {
    const { timeoutMs, periodMs } = timingOf(probe);
    const began = this.options.now();
    const result = await this.#ask(kind, probe, timeoutMs);
    if (this.#stopped || this.#over.has(kind)) return;
    this.#tell(kind, result);
    const before = this.#states[kind];
    if (result.isUnknown === undefined) this.#states[kind] = addResult(before, result.ok, probe);
    const { passed } = this.#states[kind];
    if (passed !== before.passed) this.#conclude(kind, probe, passed === true);
    if (this.#unhealthy !== undefined || (kind === 'Startup' && passed === true)) return;
    this.#after(Math.max(0, periodMs - (this.options.now() - began)), kind, probe);
  }

  /** A container that is no process has nobody who would answer: its runtime does. */
  async #ask(kind: Kind, probe: Probe, timeoutMs: number): Promise<ProbeResult> {
    const { target } = this.options;
    const { runtime, containerId } = target;
    if (runtime.probe === undefined || runtime.capabilities.processes) return runProbe(probe, target, timeoutMs);
    return runtime.probe(containerId, kind).catch((error: unknown) => ({
      ok: false,
      isUnknown: true,
      output: messageOf(error),
    }));
  }

  #tell(kind: Kind, { ok, isWarning, isUnknown, output }: ProbeResult): void {
    if (isWarning === true) this.options.said('ProbeWarning', `${kind} probe warning: ${output}`);
    else if (!ok)
      this.options.said('Unhealthy', `${kind} probe ${isUnknown === true ? 'errored' : 'failed'}: ${output}`);
  }

  #conclude(kind: Kind, probe: Probe, passed: boolean): void {
    if (!passed && kind !== 'Readiness') {
      const cause = `Container ${this.#container.name} failed ${kind.toLowerCase()} probe, will be restarted`;
      this.#unhealthy = { cause, graceSeconds: probe.terminationGracePeriodSeconds };
      this.stop();
    }
    if (passed && kind === 'Startup') this.#probeOn();
    this.options.changed();
  }
}
