import { ContainerConfigError, messageOf, SandboxAway, StartFailure } from '../container/start-failure';
import { renderPod, type Pod } from '../domain/pod';
import type { Task } from './domain/view';
import { DONE, LONGEST_WAIT_MS, type Outcome } from './outcome';
import type { PodScope, StartAction } from './pod-scope';
import type { PodWorkers } from './pod-workers';
import type { SyncErrors } from './sync-errors';

/** What starts are told by, and tell, of the pod that they are of. */
export interface StartedPod {
  /** As the log has it now. */
  pod(): Pod;
  /** A task came to nothing, and will be tried again. */
  failed(task: Task, error: unknown): void;
}

/** What brings one pod up: its sandbox, its network, its containers; what goes wrong is told with Kubernetes' reasons. */
export class PodStarts {
  #prepared: Promise<void> | undefined;
  #begun = new AbortController();

  constructor(
    private readonly services: PodWorkers,
    private readonly scope: PodScope,
    private readonly syncErrors: SyncErrors,
    private readonly started: StartedPod,
  ) {}

  /** Ends the starts that go on; later ones may begin. */
  abort(): void {
    this.#begun.abort();
  }

  /** The network of a sandbox that is there already. */
  async adopt(id: string): Promise<Outcome> {
    try {
      await this.scope.sandbox.adopt(this.#pod, id);
    } catch (error) {
      return this.#tellOf('attach', 'NetworkNotReady', `network is not ready: ${messageOf(error)}`, error);
    }
    this.syncErrors.podStarted();
    return DONE;
  }

  async sandbox(attempt: number): Promise<Outcome> {
    const { notes, logger } = this.services;
    const { sandbox, volumes } = this.scope;
    const signal = this.#startSignal();
    try {
      await sandbox.start(this.#pod, attempt, { prepared: this.#prepare(signal), volumes });
      this.syncErrors.podStarted();
      logger.info({ ...renderPod(this.#pod), ip: sandbox.ip, attempt }, 'a pod has its network');
      return DONE;
    } catch (error) {
      if (error === signal.reason) return DONE;
      if (!(error instanceof ContainerConfigError)) {
        notes.say(this.#pod, 'Warning', 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${messageOf(error)}`);
      }
      return this.#blamePod(error);
    }
  }

  async container(action: StartAction): Promise<Outcome> {
    const signal = this.#startSignal();
    const { name } = action.container;
    try {
      await this.#prepare(signal);
      await this.services.starter.start(this.scope, this.#pod, action, signal);
      this.syncErrors.containerStarted(name);
      return DONE;
    } catch (error) {
      if (signal.aborted) return DONE;
      if (error instanceof SandboxAway) return { kind: 'until', event: 'sandbox', atLatestMs: LONGEST_WAIT_MS };
      if (error instanceof StartFailure) return this.#blame(name, error);
      // The volumes are the whole pod's.
      if (error instanceof ContainerConfigError) return this.#blamePod(error);
      return this.#tellOf(`start:${name}`, 'FailedSync', `error syncing pod, skipping: ${messageOf(error)}`, error);
    }
  }

  get #pod(): Pod {
    return this.started.pod();
  }

  /** What went wrong is told once, and tried again. */
  #tellOf(task: Task, reason: string, message: string, error: unknown): Outcome {
    const { isNew, outcome } = this.syncErrors.besides(error);
    if (isNew) {
      this.services.notes.say(this.#pod, 'Warning', reason, message);
      this.started.failed(task, error);
    }
    return outcome;
  }

  #blame(name: string, failure: StartFailure): Outcome {
    const outcome = this.syncErrors.ofContainer(name, failure);
    if (failure.kind === 'config' || failure.kind === 'engine') {
      this.services.notes.say(this.#pod, 'Warning', 'Failed', `Error: ${failure.message}`, name);
    }
    return outcome;
  }

  #blamePod(error: unknown): Outcome {
    const { outcome, isNew } = this.syncErrors.ofPod(error);
    if (isNew && error instanceof ContainerConfigError)
      this.services.notes.say(this.#pod, 'Warning', 'FailedMount', error.message);
    return outcome;
  }

  #startSignal(): AbortSignal {
    if (this.#begun.signal.aborted) this.#begun = new AbortController();
    return this.#begun.signal;
  }

  /** The pod's own files are there, and all that the pod names has been answered. */
  async #prepare(signal: AbortSignal): Promise<void> {
    this.#prepared ??= this.#prepareFiles().catch((error: unknown) => {
      this.#prepared = undefined;
      throw error;
    });
    await Promise.all([this.#prepared, this.services.answered(this.#pod.metadata.uid, signal)]);
  }

  async #prepareFiles(): Promise<void> {
    const warnings = await this.scope.files.prepare(this.services.nodeDns());
    for (const { reason, message } of warnings) this.services.notes.say(this.#pod, 'Warning', reason, message);
  }
}
