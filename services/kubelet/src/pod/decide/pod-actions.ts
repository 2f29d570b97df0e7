import type { Container } from '@shiplog/contracts';
import { isSidecar } from '@shiplog/kube';
import type { ContainerRole, ObservedContainer } from '../../runtime/runtime';
import { restartOf, restartsAfter } from './restart';
import {
  attemptsOf,
  deadlineOf,
  givenTo,
  resizesOf,
  reportedStatuses,
  sandboxOf,
  isBroken,
  startedMs,
  verdictOf,
  type PodView,
} from '../domain/view';
import { restartPolicyOf } from '../../domain/pod';
import { resizeOf } from '../../resize/domain/resize';

/** A container that runs, as it is to be. */
export interface ResizedContainer {
  readonly id: string;
  readonly container: Container;
}

/** What a pod's worker has to see to. Each is idempotent: the worker ignores what is already under way. */
export type PodAction =
  | { readonly do: 'sandbox'; readonly attempt: number }
  /** The sandbox was found running: makes sure of its network. */
  | { readonly do: 'attach'; readonly id: string }
  | {
      readonly do: 'start';
      readonly container: Container;
      readonly role: Exclude<ContainerRole, 'sandbox'>;
      readonly attempt: number;
      readonly backoffSeconds: number;
    }
  | {
      readonly do: 'kill';
      readonly id: string;
      readonly container: string;
      /** What is left of the grace period, in seconds. */
      readonly graceSeconds: number;
      readonly reason: string;
    }
  /** Containers that run get other amounts. */
  | { readonly do: 'resize'; readonly containers: readonly ResizedContainer[] }
  | { readonly do: 'remove'; readonly id: string }
  /** Ends and removes the sandbox and gives its address back; the dead app containers stay for their logs. */
  | { readonly do: 'drop-sandbox'; readonly id: string }
  /** Starts under way are to be given up. */
  | { readonly do: 'cancel-starts' }
  /** Everything has ended: removes what is left and, if the log still has the pod, has it deleted there. */
  | { readonly do: 'finish' };

export interface PodDecision {
  readonly actions: readonly PodAction[];
  /** When to look again without being told, epoch milliseconds. */
  readonly wakeAt?: number;
}

const FORCED_GRACE_S = 1;
const DEFAULT_GRACE_S = 30;

/** What is to be done for a pod now. `ended`: its phase is final, so nothing of it may run any more. */
export function decidePod(view: PodView, ended: boolean): PodDecision {
  if (view.desiredPhase !== 'run' || ended) return { actions: decideEnd(view) };
  const plan = new Plan();
  const deadline = deadlineOf(view);
  if (deadline !== undefined) plan.at(deadline);
  for (const { later } of view.syncErrors.values()) if (later !== undefined && later.at > view.now) plan.at(later.at);
  const whole = view.syncErrors.get('');
  if (whole !== undefined && whole.retryAt > view.now) {
    plan.at(whole.retryAt);
    return plan.decision();
  }
  const sandbox = sandboxOf(view);
  if (!view.busy.has('sandbox') && decideSandbox(view, sandbox, plan)) return plan.decision();
  if (decideInit(view, plan))
    for (const container of view.pod.spec?.containers ?? []) decideContainer(view, container, 'app', plan);
  for (const container of view.pod.spec?.ephemeralContainers ?? []) decideEphemeral(view, container, plan);
  const resized = resizesOf(view).filter(({ how }) => how === 'in-place');
  if (resized.length > 0) plan.add({ do: 'resize', containers: resized });
  if (plan.starts && sandbox?.state.phase !== 'running')
    plan.add({ do: 'sandbox', attempt: (sandbox?.attempt ?? -1) + 1 });
  collectGarbage(view, plan);
  return plan.decision();
}

/** Sees to the sandbox; returns whether everything else has to wait for that. */
function decideSandbox(view: PodView, sandbox: ObservedContainer | undefined, plan: Plan): boolean {
  const broken = sandbox !== undefined && isBroken(view, sandbox);
  if (sandbox?.state.phase === 'running' && !broken) {
    if (view.attachedPid === undefined) plan.add({ do: 'attach', id: sandbox.id });
    return false;
  }
  if (killAll(view, plan, SANDBOX_CHANGED)) return true;
  if (broken) plan.add({ do: 'remove', id: sandbox.id });
  return broken;
}

const SANDBOX_CHANGED = 'Pod sandbox changed, it will be killed and re-created.';

class Plan {
  readonly #actions: PodAction[] = [];
  #wakeAt: number | undefined;

  get starts(): boolean {
    return this.#actions.some((action) => action.do === 'start');
  }

  add(action: PodAction): void {
    // The sandbox is on everybody's way: it comes first.
    if (action.do === 'sandbox') this.#actions.unshift(action);
    else this.#actions.push(action);
  }

  at(ms: number): void {
    this.#wakeAt = Math.min(ms, this.#wakeAt ?? ms);
  }

  decision(): PodDecision {
    return { actions: this.#actions, ...(this.#wakeAt === undefined ? {} : { wakeAt: this.#wakeAt }) };
  }
}

function running(view: PodView): ObservedContainer[] {
  return view.containers.filter((item) => item.role !== 'sandbox' && item.state.phase === 'running');
}

/** Kills what runs; returns whether anything did. */
function killAll(view: PodView, plan: Plan, reason: string): boolean {
  const graceSeconds = view.pod.spec?.terminationGracePeriodSeconds ?? DEFAULT_GRACE_S;
  const alive = running(view);
  for (const { id, name } of alive) plan.add({ do: 'kill', id, container: name, graceSeconds, reason });
  return alive.length > 0;
}

/**
 * Ends a pod: first the containers, then the sidecars one by one, the last that was started first (terminationOrdering in
 * pkg/kubelet/kuberuntime), then what they shared.
 */
function decideEnd(view: PodView): PodAction[] {
  const starting = [...view.busy].some((task) => task === 'sandbox' || task.startsWith('start:'));
  const graceSeconds = graceLeft(view);
  const actions: PodAction[] = nextToEnd(view).map(({ id, name }) => {
    return { do: 'kill', id, container: name, graceSeconds, reason: `Stopping container ${name}` };
  });
  if (starting) actions.push({ do: 'cancel-starts' });
  if (actions.length > 0 || [...view.busy].some((task) => task.startsWith('kill:'))) return actions;
  if (view.desiredPhase !== 'run') return [{ do: 'finish' }];
  const plan = new Plan();
  const sandbox = sandboxOf(view);
  if (sandbox !== undefined) plan.add({ do: 'drop-sandbox', id: sandbox.id });
  collectGarbage(view, plan);
  return [...plan.decision().actions];
}

function nextToEnd(view: PodView): ObservedContainer[] {
  const sidecars = (view.pod.spec?.initContainers ?? []).filter(isSidecar).map(({ name }) => name);
  const alive = running(view);
  const others = alive.filter(({ name }) => !sidecars.includes(name));
  if (others.length > 0) return others;
  const last = sidecars.findLast((sidecar) => alive.some(({ name }) => name === sidecar));
  return alive.filter(({ name }) => name === last);
}

/** What is left of the grace that the deletion allows, in whole seconds, at least one. */
function graceLeft({ pod, desiredPhase, eviction, now }: PodView): number {
  if (desiredPhase === 'gone') return FORCED_GRACE_S;
  const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata;
  const asked = deletionGracePeriodSeconds ?? pod.spec?.terminationGracePeriodSeconds ?? DEFAULT_GRACE_S;
  // What takes more than its share is given no time to take more (immediateEvictionGracePeriodSeconds in pkg/kubelet/eviction).
  const grace = eviction === undefined ? asked : Math.min(asked, eviction.graceSeconds ?? FORCED_GRACE_S);
  if (deletionTimestamp === undefined) return Math.max(FORCED_GRACE_S, grace);
  // The timestamp is when the grace is over; clocks differ, so it can only shorten it.
  const left = Math.ceil((Date.parse(deletionTimestamp) - now) / 1_000);
  return Math.max(FORCED_GRACE_S, Math.min(grace, left));
}

/**
 * Init containers, one after the other; each new network namespace starts over. Returns whether all are done, so that
 * the app containers may run.
 */
function decideInit(view: PodView, plan: Plan): boolean {
  const inits = view.pod.spec?.initContainers ?? [];
  if (inits.length === 0) return true;
  const initialized = isInitialized(view);
  for (const container of inits) {
    const latest = attemptsOf(view, container.name)[0];
    if (isSidecar(container)) {
      decideContainer(view, container, 'init', plan);
      const runs = latest?.state.phase === 'running' && verdictOf(view, container, latest).started;
      if (!initialized && (!runs || isStale(view, latest))) return false;
    } else if (!initialized && !isDone(view, latest)) {
      decideContainer(view, container, 'init', plan, latest !== undefined && isStale(view, latest));
      return false;
    }
  }
  return true;
}

/** Whether the app containers' turn has come in the present network namespace: they have run, so the inits are done. */
function isInitialized(view: PodView): boolean {
  return view.containers.some(
    (item) => item.role === 'app' && item.state.phase !== 'created' && !neverRan(item) && !isStale(view, item),
  );
}

/** Whether the engine could not start it: its time is that of its making, which may be before its sandbox's start. */
function neverRan({ state }: ObservedContainer): boolean {
  return state.phase === 'exited' && state.error !== '';
}

/** Whether a container ran in another network namespace than the present one. */
export function isStale(view: PodView, container: ObservedContainer): boolean {
  const sandbox = sandboxOf(view);
  const started = startedMs(container);
  return sandbox?.state.phase === 'running' ? started < startedMs(sandbox) : started > 0;
}

function isDone(view: PodView, latest: ObservedContainer | undefined): boolean {
  return latest?.state.phase === 'exited' && latest.state.exitCode === 0 && !isStale(view, latest);
}

/** One container: starts it, replaces it, or lets it be. `again`: run it once more, whatever came of it before. */
function decideContainer(view: PodView, container: Container, role: 'init' | 'app', plan: Plan, again = false): void {
  if (view.busy.has(`start:${container.name}`)) return;
  const latest = attemptsOf(view, container.name)[0];
  if (latest?.state.phase === 'running') return decideRunning(view, container, latest, plan);
  const syncError = view.syncErrors.get(container.name);
  if (syncError !== undefined && syncError.retryAt > view.now) return plan.at(syncError.retryAt);
  if (latest === undefined || latest.state.phase === 'created') {
    const attempt = latest?.attempt ?? nextAttempt(view, container.name);
    return plan.add({ do: 'start', container, role, attempt, backoffSeconds: latest?.backoffSeconds ?? 0 });
  }
  if (!again && !restartsAfter(restartPolicyOf(view.pod, container), latest.state.exitCode)) return;
  const { dueAt, nextBackoffSeconds } = restartOf(latest);
  if (isStale(view, latest) && !neverRan(latest)) {
    // It did not end of itself: it lost its network namespace, and is not blamed for that.
    return plan.add({
      do: 'start',
      container,
      role,
      attempt: latest.attempt + 1,
      backoffSeconds: latest.backoffSeconds,
    });
  }
  if (dueAt > view.now) return plan.at(dueAt);
  plan.add({ do: 'start', container, role, attempt: latest.attempt + 1, backoffSeconds: nextBackoffSeconds });
}

/** An ephemeral container is started once, whatever the others are at, and never again; a start that failed is tried again. */
function decideEphemeral(view: PodView, container: Container, plan: Plan): void {
  const { name } = container;
  if (view.busy.has(`start:${name}`)) return;
  const latest = attemptsOf(view, name)[0];
  const reported = reportedStatuses(view).find((item) => item.name === name);
  const wasStarted = latest === undefined ? reported?.containerID !== undefined : latest.state.phase !== 'created';
  if (wasStarted) return;
  const syncError = view.syncErrors.get(name);
  if (syncError !== undefined && syncError.retryAt > view.now) return plan.at(syncError.retryAt);
  plan.add({ do: 'start', container, role: 'ephemeral', attempt: 0, backoffSeconds: 0 });
}

function decideRunning(view: PodView, container: Container, latest: ObservedContainer, plan: Plan): void {
  const verdict = view.probes.get(latest.id);
  const reason = isStale(view, latest)
    ? SANDBOX_CHANGED
    : latest.image !== container.image
      ? `Container ${container.name} definition changed, will be restarted`
      : resizeOf(container, givenTo(view, latest)) === 'restart'
        ? `Container ${container.name} resize requires restart`
        : verdict?.unhealthy;
  if (reason === undefined) return;
  const graceSeconds = verdict?.graceSeconds ?? view.pod.spec?.terminationGracePeriodSeconds ?? DEFAULT_GRACE_S;
  plan.add({ do: 'kill', id: latest.id, container: container.name, graceSeconds, reason });
}

/** The attempt after those that the log knows of, for a container of which the engine has no trace. */
function nextAttempt(view: PodView, name: string): number {
  const known = reportedStatuses(view).find((item) => item.name === name);
  if (known === undefined) return 0;
  return known.containerID === undefined ? known.restartCount : known.restartCount + 1;
}

/** Of each container's dead attempts only the last one stays, for `logs --previous`. */
function collectGarbage(view: PodView, plan: Plan): void {
  const names = new Set(view.containers.filter((item) => item.role !== 'sandbox').map((item) => item.name));
  for (const name of names) {
    const dead = attemptsOf(view, name).filter((item) => item.state.phase === 'exited');
    for (const { id } of dead.slice(1)) plan.add({ do: 'remove', id });
  }
  const sandbox = sandboxOf(view);
  for (const item of view.containers) {
    if (item.role !== 'sandbox' || view.busy.has('sandbox')) continue;
    if (item.id !== sandbox?.id || item.state.phase === 'exited') plan.add({ do: 'remove', id: item.id });
  }
}
