import type { PodStatus } from '@shiplog/contracts';
import { ConfigError } from '../container/config-error';
import type { PodFiles } from '../volumes/pod-files';
import type { PodVolumes } from '../volumes/pod-volumes';
import { decidePod, type PodAction } from './decide-pod';
import { doubled } from './decide-restart';
import { LastWords } from './last-words';
import { Probing } from './probing';
import { renderStatus } from './render-status';
import type { PodScope, StartAction } from './pod-scope';
import type { PodWorkers } from './pod-workers';
import { SandboxAway, type Sandbox } from './sandbox';
import { messageOf, StartFailure } from './start-failure';
import { isTerminal, type Pod, type PodView, type Task, type Trouble, type Wish } from './view';

/** Kubernetes tries a wrong configuration again at its next sync. */
const CONFIG_RETRY_MS = 10_000;
/** How long `ErrImagePull` is shown before it is called `ImagePullBackOff`. */
const FIRST_NAME_MS = 2_000;
/** The wait after a first failure that concerns the whole pod; it doubles. */
const FIRST_WAIT_MS = 500;
const LONGEST_TASK_WAIT_MS = 30_000;

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
  readonly #words: LastWords;
  readonly #tasks = new Map<Task, { failures: number; notBefore: number; running: boolean }>();
  readonly #troubles = new Map<string, Trouble>();
  readonly #pullBackoff = new Map<string, number>();
  #prepared: Promise<void> | undefined;
  #starts = new AbortController();
  readonly #acceptedAt: number;
  #wish: Wish;
  #timer: NodeJS.Timeout | undefined;
  #woken = false;
  #finished = false;
  #podFailures = 0;

  constructor(
    private readonly services: PodWorkers,
    private pod: Pod,
    wish: Wish,
    /** Nothing of the pod is left, here or in the log. */
    private readonly gone: () => void,
  ) {
    this.#wish = wish;
    this.#acceptedAt = Date.now();
    const { runtime, sandboxes, notes, logger } = services;
    this.#files = services.filesOf(pod);
    this.#volumes = services.volumesOf(this.#files);
    this.#sandbox = sandboxes.of(this.#files);
    this.#scope = { files: this.#files, sandbox: this.#sandbox, volumes: () => this.#volumes.make(this.pod) };
    this.#probing = new Probing(runtime, notes, () => this.wake());
    this.#words = new LastWords(runtime, this.#files, logger, () => this.wake());
  }

  /** The log's word on the pod has changed; undefined: it is not there any more. */
  update(pod: Pod | undefined): void {
    const relabelled = pod !== undefined && showsMetadata(pod) && metadataOf(pod) !== metadataOf(this.pod);
    if (pod !== undefined) this.pod = pod;
    if (relabelled) this.configChanged();
    this.#wish = pod === undefined ? 'gone' : pod.metadata.deletionTimestamp === undefined ? 'run' : 'end';
    if (this.#wish === 'gone' && this.#finished) return this.#leave();
    this.wake();
  }

  /** A ConfigMap, Secret or Service has changed. */
  configChanged(): void {
    for (const [name, trouble] of this.#troubles)
      if (trouble.retryAt - Date.now() <= CONFIG_RETRY_MS) this.#troubles.delete(name);
    this.#volumes.forget();
    if (this.#volumes.inUse && this.#wish === 'run') this.#follow();
    this.wake();
  }

  /** Files that are in use are brought up to date with their objects. */
  #follow(): void {
    const signal = this.#startSignal();
    const follow = async (): Promise<void> => {
      await this.services.references.answered(this.pod.metadata.uid, signal);
      await this.#volumes.refresh(this.pod);
    };
    follow().catch((error: unknown) => {
      if (error !== signal.reason) this.#noteTrouble('', error);
    });
  }

  /** Looks at the pod, once everything that has just happened has been told. */
  wake(): void {
    if (this.#woken) return;
    this.#woken = true;
    queueMicrotask(() => {
      this.#woken = false;
      this.#reconcile();
    });
  }

  /** Stops looking; what runs goes on running. */
  close(): void {
    this.#finished = true;
    clearTimeout(this.#timer);
    this.#probing.stopAll();
    this.#starts.abort();
  }

  view(): PodView {
    const { table, images } = this.services;
    const busy = [...this.#tasks].filter(([, task]) => task.running).map(([name]) => name);
    return {
      pod: this.pod,
      now: Date.now(),
      acceptedAt: this.#acceptedAt,
      wish: this.#wish,
      containers: table.of(this.pod.metadata.uid),
      busy: new Set(busy),
      troubles: this.#troubles,
      probes: this.#probing.verdicts,
      messages: this.#words.known,
      imageNames: images.names,
      hostIP: this.services.node.ip,
      podIP: this.#sandbox.ip,
      attachedPid: this.#sandbox.attachedPid,
    };
  }

  #reconcile(): void {
    if (this.#finished || !this.services.link.isUp) return;
    const view = this.view();
    if (view.busy.has('finish')) return;
    this.#words.listen(view);
    this.#probing.sync(view);
    const status = renderStatus({ ...view, probes: this.#probing.verdicts });
    if (this.#wish !== 'gone' && !this.#words.listening) this.services.statuses.offer(this.pod, status);
    const { actions, wakeAt } = decidePod({ ...view, probes: this.#probing.verdicts }, isTerminal(status.phase));
    for (const action of actions) {
      if (action.do !== 'finish' || !this.#words.listening) this.#do(action, status);
    }
    this.#wakeAt(wakeAt);
  }

  #wakeAt(wakeAt: number | undefined): void {
    clearTimeout(this.#timer);
    const retries = [...this.#tasks.values()].filter((task) => !task.running).map((task) => task.notBefore);
    const next = Math.min(wakeAt ?? Infinity, ...retries.filter((at) => at > Date.now()));
    if (next === Infinity) return;
    const longest = 2 ** 31 - 1;
    this.#timer = setTimeout(() => this.wake(), Math.min(longest, Math.max(1, next - Date.now())));
  }

  #do(action: PodAction, status: PodStatus): void {
    const pod = this.pod;
    switch (action.do) {
      case 'infra':
        return this.#launch('infra', () => this.#startInfra(action.attempt));
      case 'attach':
        return this.#launch('attach', () => this.#adopt(action.id));
      case 'start':
        return this.#launch(`start:${action.container.name}`, () => this.#start(action));
      case 'kill':
        this.#probing.stop(action.id);
        this.services.stopper.hurry(action);
        return this.#launch(`kill:${action.id}`, () => this.services.stopper.kill(this.#scope, pod, action));
      case 'remove':
        return this.#launch(`remove:${action.id}`, () => this.services.stopper.remove(action.id));
      case 'drop-infra':
        return this.#launch('drop-infra', () => this.services.stopper.dropInfra(this.#scope, pod, action.id));
      case 'cancel-starts':
        return this.#starts.abort();
      case 'finish':
        return this.#launch('finish', () => this.#finish(status));
    }
  }

  /** Begins a task unless it goes on already, or failed a moment ago. */
  #launch(name: Task, work: () => Promise<void>): void {
    const task = this.#tasks.get(name) ?? { failures: 0, notBefore: 0, running: false };
    if (task.running || task.notBefore > Date.now()) return;
    task.running = true;
    this.#tasks.set(name, task);
    work()
      .then(() => this.#tasks.delete(name))
      .catch((error: unknown) => {
        task.failures++;
        task.running = false;
        task.notBefore = Date.now() + Math.min(LONGEST_TASK_WAIT_MS, 250 * 2 ** task.failures);
        this.services.logger.warn(
          { err: error, pod: this.pod.metadata.name, task: name },
          'a task of a pod failed; it will be tried again',
        );
      })
      .finally(() => this.wake());
  }

  /** Its volumes are those of an earlier kubelet, and their objects may have changed since. */
  async #adopt(id: string): Promise<void> {
    await this.#sandbox.adopt(this.pod, id);
    if (this.#volumes.inUse) return;
    this.#volumes.adopt();
    this.#follow();
  }

  async #startInfra(attempt: number): Promise<void> {
    const { notes } = this.services;
    const signal = this.#startSignal();
    try {
      const needs = { prepared: this.#prepare(signal), volumes: this.#scope.volumes };
      await this.#sandbox.start(this.pod, attempt, needs);
      this.#troubles.delete('');
      this.#podFailures = 0;
    } catch (error) {
      if (error === signal.reason) return;
      if (!(error instanceof ConfigError)) {
        notes.say(this.pod, 'Warning', 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${messageOf(error)}`);
      }
      this.#noteTrouble('', error);
    }
  }

  async #start(action: StartAction): Promise<void> {
    const signal = this.#startSignal();
    const { name } = action.container;
    try {
      await this.#prepare(signal);
      await this.services.starter.start(this.#scope, this.pod, action, signal);
      this.#troubles.delete(name);
      this.#pullBackoff.delete(name);
    } catch (error) {
      if (signal.aborted || error instanceof SandboxAway) return;
      if (error instanceof StartFailure) this.#blame(name, action.container.image ?? '', error);
      // The volumes are the whole pod's; an infra container that failed has been blamed by its own task.
      else if (error instanceof ConfigError) this.#noteTrouble('', error);
      else if (!this.#troubles.has('')) throw error;
    }
  }

  /** Gives a container's failed start its waiting reason, and the time of the next attempt. */
  #blame(name: string, image: string, { reason, message, kind }: StartFailure): void {
    const now = Date.now();
    if (kind !== 'pull') {
      this.#troubles.set(name, { reason, message, retryAt: now + CONFIG_RETRY_MS });
      this.services.notes.say(this.pod, 'Warning', 'Failed', `Error: ${message}`, name);
      return;
    }
    const seconds = doubled(this.#pullBackoff.get(name) ?? 0);
    this.#pullBackoff.set(name, seconds);
    const backOff = `Back-off pulling image "${image}": ErrImagePull: ${message}`;
    const later =
      reason === 'ErrImagePull' ? { at: now + FIRST_NAME_MS, reason: 'ImagePullBackOff', message: backOff } : undefined;
    this.#troubles.set(name, {
      reason,
      message,
      retryAt: now + seconds * 1_000,
      ...(later === undefined ? {} : { later }),
    });
  }

  #noteTrouble(name: string, error: unknown): void {
    const reason = error instanceof ConfigError ? error.reason : 'ContainerCreating';
    const waitMs = Math.min(CONFIG_RETRY_MS, FIRST_WAIT_MS * 2 ** this.#podFailures++);
    const retryAt = Date.now() + (error instanceof ConfigError ? CONFIG_RETRY_MS : waitMs);
    const message = messageOf(error);
    if (error instanceof ConfigError && this.#troubles.get(name)?.message !== message) {
      this.services.notes.say(this.pod, 'Warning', 'FailedMount', message);
    }
    this.#troubles.set(name, { reason, message, retryAt });
  }

  /** What ends the starts that are begun now. */
  #startSignal(): AbortSignal {
    if (this.#starts.signal.aborted) this.#starts = new AbortController();
    return this.#starts.signal;
  }

  /** The pod's own files are there, and the journal has answered for all that the pod names. */
  async #prepare(signal: AbortSignal): Promise<void> {
    this.#prepared ??= this.#files.prepare().catch((error: unknown) => {
      this.#prepared = undefined;
      throw error;
    });
    await Promise.all([this.#prepared, this.services.references.answered(this.pod.metadata.uid, signal)]);
  }

  /** The last word about the pod goes to the log while its remains are taken away; then the pod goes from the log. */
  async #finish(status: PodStatus): Promise<void> {
    const { statuses } = this.services;
    const settled = this.#wish === 'end' ? statuses.settle(this.pod, status) : Promise.resolve();
    await Promise.all([settled, this.services.stopper.sweep(this.#scope, this.pod)]);
    if (this.#wish === 'end') await this.services.deletion.delete(this.pod);
    this.#finished = true;
    if (this.#wish === 'gone') this.#leave();
  }

  #leave(): void {
    this.close();
    this.services.statuses.forget(this.pod.metadata.uid);
    this.gone();
  }
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
