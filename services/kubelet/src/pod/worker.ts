import type { LogEvent, PodStatus } from '@shiplog/contracts';
import { sameJson } from '@shiplog/apimachinery';
import type { AdmissionRefusal } from '@shiplog/scheduling';
import { messageOf } from '../container/start-failure';
import type { PodFiles } from '../volumes/pod-files';
import type { PodVolumes } from '../volumes/pod-volumes';
import { decidePod, type PodAction, type ResizedContainer } from './decide/pod-actions';
import { afterEvent, causesAt, type Causes } from './domain/causes';
import { TerminationMessages } from './termination-messages';
import { DONE, type Outcome } from './outcome';
import { PodStarts } from './pod-starts';
import { Probing } from './probing';
import { DEADLINE, hasEnded, isLate, renderStatus } from './render/pod-status';
import type { PodScope } from './pod-scope';
import type { PodWorkers } from './pod-workers';
import type { Sandbox } from './sandbox';
import { Tasks } from './tasks';
import { SyncErrors } from './sync-errors';
import { isCritical, isTerminal, renderPod, type Pod } from '../domain/pod';
import type { Ending, PodView, Task, DesiredPhase } from './domain/view';
import { Wakes } from './wakes';

/** A look at the pod that threw is followed by another after this wait. */
const DEFECT_RETRY_MS = 10_000;

/**
 * Sees to one pod: looks at what is wanted and what is there, starts what is to be done without waiting for it, and
 * looks again whenever something changed. Nothing blocks it, so a pod that pulls for minutes can be deleted at once.
 */
export class PodWorker {
  readonly #files: PodFiles;
  readonly #volumes: PodVolumes;
  readonly #sandbox: Sandbox;
  readonly #scope: PodScope;
  readonly #probing: Probing;
  readonly #messages: TerminationMessages;
  readonly #tasks: Tasks;
  readonly #syncErrors = new SyncErrors();
  readonly #wakes: Wakes;
  readonly #starts: PodStarts;
  readonly #acceptedAt: number;
  #desiredPhase: DesiredPhase;
  #causes: Causes;
  #timer: NodeJS.Timeout | undefined;
  #finished = false;
  #eviction: Ending | undefined;
  #resizeError: string | undefined;
  #isLateTold = false;

  constructor(
    private readonly services: PodWorkers,
    private pod: Pod,
    desiredPhase: DesiredPhase,
    private readonly refusal: AdmissionRefusal | undefined,
    /** Nothing of the pod is left, here or in the log. */
    private readonly gone: () => void,
  ) {
    this.#desiredPhase = desiredPhase;
    this.#causes = causesAt(Number(pod.metadata.resourceVersion));
    this.#acceptedAt = Date.now();
    const { runtime, sandboxes, notes, logger } = services;
    this.#files = services.filesOf(pod);
    this.#volumes = services.volumesOf(this.#files, () => this.pod, {
      failed: (error) => this.#followFailed(error),
      exceeded: (message) => void this.end({ reason: 'Evicted', message }),
    });
    this.#sandbox = sandboxes.of(this.#files);
    this.#scope = { files: this.#files, sandbox: this.#sandbox, volumes: () => this.#volumes.make() };
    this.#starts = new PodStarts(services, this.#scope, this.#syncErrors, {
      pod: () => this.pod,
      failed: (task, error) => this.#failed(task, error),
    });
    this.#probing = new Probing(runtime, notes, () => this.wake());
    this.#messages = new TerminationMessages(runtime, this.#files, logger, () => this.wake());
    this.#tasks = new Tasks({ ended: () => this.wake(), failed: (task, error) => this.#failed(task, error) });
    this.#wakes = new Wakes(
      () => this.#look(),
      () =>
        logger.error(
          { pod: pod.metadata.name, uid: pod.metadata.uid },
          'a pod is looked at over and over; slowing down',
        ),
    );
  }

  /** The log's word on the pod has changed, by an event where it came as one; undefined: it is not there any more. */
  update(pod: Pod | undefined, event?: LogEvent): void {
    if (event !== undefined) this.#causes = afterEvent(this.#causes, event);
    const relabelled = pod !== undefined && showsMetadata(pod) && metadataOf(pod) !== metadataOf(this.pod);
    if (pod !== undefined && !sameJson(pod.spec, this.pod.spec)) this.#resized();
    if (pod !== undefined) this.pod = pod;
    if (relabelled) this.configChanged();
    this.#desiredPhase = pod === undefined ? 'gone' : pod.metadata.deletionTimestamp === undefined ? 'run' : 'end';
    if (this.#desiredPhase === 'gone' && this.#finished) return this.#leave();
    this.wake();
  }

  /** The pod asks for something else: what failed before says nothing of that. */
  #resized(): void {
    this.#resizeError = undefined;
    this.#tasks.hurry();
  }

  /** A ConfigMap, Secret or Service has changed. */
  configChanged(): void {
    this.#syncErrors.hurry();
    this.#tasks.hurry();
    this.#volumes.changed();
    this.wake();
  }

  /**
   * The engine answers (again): what has failed without it need not wait. Volumes may be those of an earlier kubelet, and their
   * objects may have changed since.
   */
  engineUp(): void {
    this.#volumes.refresh();
    this.#syncErrors.hurry();
    this.#tasks.hurry();
    this.wake();
  }

  /** Files that containers see are not as their objects say: they go on with the old ones. */
  #followFailed(error: unknown): void {
    this.#failed('volumes', error);
    this.services.notes.say(this.pod, 'Warning', 'FailedMount', messageOf(error));
  }

  /** Has the node end the pod, for good. Whether it does: not one that ends anyway, and a critical one only when that is said. */
  end(ending: Ending): boolean {
    if (!this.isActive) return false;
    const { logger, notes } = this.services;
    if (isCritical(this.pod) && ending.endsCritical !== true) {
      logger.error({ ...renderPod(this.pod), ...ending }, 'a critical pod is not evicted');
      return false;
    }
    this.#eviction = ending;
    notes.say(this.pod, 'Warning', ending.reason, ending.message);
    this.wake();
    return true;
  }

  /** The pod as the log has it now. */
  get current(): Pod {
    return this.pod;
  }

  /** Whether it is to go on. */
  get isActive(): boolean {
    const isOver = this.#desiredPhase !== 'run' || isTerminal(this.pod.status?.phase);
    return !isOver && this.refusal === undefined && this.#eviction === undefined;
  }

  /** Whether the node ends it, and it has not ended yet. */
  get isEvicting(): boolean {
    return this.#eviction !== undefined && this.#goesOn;
  }

  /** Whether it is to end, for whatever reason, and has not yet. */
  get isEnding(): boolean {
    return (this.#eviction !== undefined || this.#desiredPhase === 'end') && this.#goesOn;
  }

  get #goesOn(): boolean {
    return !isTerminal(this.pod.status?.phase) && !this.#finished;
  }

  /** Looks at the pod, once everything that has just happened has been told. */
  wake(): void {
    this.#wakes.wake();
  }

  /** Stops looking; what runs goes on running. */
  close(): void {
    this.#finished = true;
    clearTimeout(this.#timer);
    this.#wakes.close();
    this.#probing.stopAll();
    this.#starts.abort();
    void this.#volumes.close();
  }

  view(): PodView {
    const { runtime, table, images } = this.services;
    return {
      pod: this.pod,
      now: Date.now(),
      acceptedAt: this.#acceptedAt,
      desiredPhase: this.#desiredPhase,
      refusal: this.refusal,
      resize: this.services.resizes.refusalOf(this.pod.metadata.uid),
      resizeError: this.#resizeError,
      eviction: this.#eviction,
      runtimeName: runtime.name,
      containers: table.of(this.pod.metadata.uid),
      busy: this.#tasks.busy,
      syncErrors: this.#syncErrors.all,
      probes: this.#probing.verdicts,
      messages: this.#messages.known,
      imageNames: images.names,
      hostIPs: this.services.node.ips,
      podIPs: this.#sandbox.ips,
      attachedPid: this.#sandbox.attachedPid,
    };
  }

  /** A pod that no look can be had at is no reason for the others to stop. */
  #look(): void {
    try {
      this.#reconcile();
    } catch (error) {
      this.services.logger.error({ err: error, pod: this.pod.metadata.name }, 'could not decide what a pod needs');
      this.#wakeAt(Date.now() + DEFECT_RETRY_MS);
    }
  }

  #reconcile(): void {
    if (this.#finished || !this.services.connection.isUp) return;
    const view = this.view();
    if (view.busy.has('finish')) return;
    this.#messages.read(view);
    this.#probing.sync(view);
    const status = renderStatus({ ...view, probes: this.#probing.verdicts });
    this.#tellIfLate(view);
    if (this.#desiredPhase !== 'gone' && !this.#messages.reading)
      this.services.reports.offer(this.pod, status, this.#causes);
    const { actions, wakeAt } = decidePod({ ...view, probes: this.#probing.verdicts }, hasEnded(view, status));
    for (const action of actions) {
      if (action.do !== 'finish' || !this.#messages.reading) this.#do(action, status);
    }
    this.#wakeAt(wakeAt);
  }

  /** That the pod has had its time is told once. */
  #tellIfLate(view: PodView): void {
    if (this.#isLateTold || isTerminal(this.pod.status?.phase) || !isLate(view)) return;
    this.#isLateTold = true;
    this.services.notes.say(this.pod, 'Normal', DEADLINE.reason, DEADLINE.message);
  }

  #wakeAt(wakeAt: number | undefined): void {
    clearTimeout(this.#timer);
    const next = Math.min(wakeAt ?? Infinity, this.#tasks.nextAt);
    if (next === Infinity) return;
    const longest = 2 ** 31 - 1;
    this.#timer = setTimeout(() => this.wake(), Math.min(longest, Math.max(1, next - Date.now())));
  }

  #do(action: PodAction, status: PodStatus): void {
    const pod = this.pod;
    switch (action.do) {
      case 'sandbox':
        return this.#open('sandbox', () => this.#starts.sandbox(action.attempt));
      case 'attach':
        return this.#open('attach', () => this.#starts.adopt(action.id));
      case 'start':
        return this.#launch(`start:${action.container.name}`, () => this.#starts.container(action));
      case 'kill':
        // A pod that ends is asked to its end whether it is ready.
        if (this.#desiredPhase !== 'end') this.#probing.stop(action.id);
        this.services.stopper.hurry(action);
        return this.#launch(
          `kill:${action.id}`,
          done(() => this.services.stopper.kill(this.#scope, pod, action)),
        );
      case 'resize':
        return this.#launch(
          'resize',
          done(() => this.#resize(pod, action.containers)),
        );
      case 'remove':
        return this.#launch(
          `remove:${action.id}`,
          done(() => this.services.stopper.remove(action.id)),
        );
      case 'drop-sandbox':
        return this.#launch(
          'drop-sandbox',
          done(async () => {
            await this.#volumes.close();
            await this.services.stopper.dropSandbox(this.#scope, pod, action.id);
          }),
        );
      case 'cancel-starts':
        return this.#starts.abort();
      case 'finish':
        return this.#launch(
          'finish',
          done(() => this.#finish(status)),
        );
    }
  }

  async #resize(pod: Pod, containers: readonly ResizedContainer[]): Promise<void> {
    try {
      await this.services.resizer.resize(pod, containers);
      this.#resizeError = undefined;
    } catch (error) {
      this.#resizeError = messageOf(error);
      throw error;
    }
  }

  #launch(task: Task, work: () => Promise<Outcome>): void {
    this.#tasks.launch(task, work);
  }

  /** Begins what gives the pod its sandbox: starts that found none may go on with this one. */
  #open(task: Task, work: () => Promise<Outcome>): void {
    if (this.#tasks.launch(task, work)) this.#tasks.happened('sandbox');
  }

  #failed(task: Task | 'volumes', error: unknown): void {
    this.services.logger.warn(
      { err: error, pod: this.pod.metadata.name, task },
      'a task of a pod failed; it will be tried again',
    );
  }

  /** The last word about the pod goes to the log while its remains are taken away; then the pod goes from the log. */
  async #finish(status: PodStatus): Promise<void> {
    const { reports, stopper } = this.services;
    await this.#volumes.close();
    const settled = this.#desiredPhase === 'end' ? reports.settle(this.pod, status, this.#causes) : Promise.resolve();
    await Promise.all([settled, stopper.sweep(this.#scope, this.pod)]);
    if (this.#desiredPhase === 'end') await reports.delete(this.pod, this.#causes.pod);
    this.#finished = true;
    if (this.#desiredPhase === 'gone') this.#leave();
  }

  #leave(): void {
    this.close();
    this.services.reports.forget(this.pod.metadata.uid);
    this.services.resizer.forget(this.pod.metadata.uid);
    this.gone();
  }
}

/** Work that is done when it comes back. */
function done(work: () => Promise<void>): () => Promise<Outcome> {
  return () => work().then(() => DONE);
}

/** Whether the pod has files that show its own labels or annotations. */
function showsMetadata(pod: Pod): boolean {
  return (pod.spec?.volumes ?? []).some(
    ({ downwardAPI, projected }) =>
      downwardAPI !== undefined || (projected?.sources ?? []).some((source) => source.downwardAPI !== undefined),
  );
}

function metadataOf({ metadata }: Pod): string {
  return JSON.stringify([metadata.labels, metadata.annotations]);
}
