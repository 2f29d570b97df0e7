import { canonicalQuantity } from '@shiplog/apimachinery';
import type { Volume } from '@shiplog/contracts';
import type { ConfigSource } from '../container/render/env';
import type { NodeFacts } from '../container/render/fields';
import { messageOf } from '../container/start-failure';
import { bytes } from '../container/render/resources';
import { isTerminal, type Pod } from '../domain/pod';
import { planVolume, type PlannedVolume } from './plan/planned-volume';
import type { PodFiles } from './pod-files';

export interface VolumesListener {
  /** Files that containers see could not be brought up to date: told once for each reason. */
  failed(error: unknown): void;
  /** A volume is larger than it may be: the pod is to go, and the message tells why. */
  exceeded(message: string): void;
}

export interface PodVolumesOptions {
  readonly files: PodFiles;
  readonly source: ConfigSource;
  readonly node: NodeFacts;
  /** As the log has it now. */
  readonly pod: () => Pod;
  /** Resolves once all that the pod names is known; rejects with the reason when the signal aborts. */
  readonly answered: (signal: AbortSignal) => Promise<void>;
  readonly listener: VolumesListener;
  /** Nobody looks after them any more. */
  readonly closed: () => void;
}

/**
 * The volumes of one pod: made before its containers start; the files in them follow the cluster's objects as long as they are
 * there, whichever kubelet made them.
 */
export class PodVolumes {
  #made: Promise<readonly PlannedVolume[]> | undefined;
  /** A refresh is to come, which sees what is changed until then. */
  #isWaiting = false;
  /** One after the other, each with the objects as they are when its turn comes. */
  #turn: Promise<unknown> = Promise.resolve();
  readonly #failures = new Map<string, string>();
  readonly #closing = new AbortController();

  constructor(private readonly options: PodVolumesOptions) {}

  /**
   * Makes them, unless that was done since the last change. One that shows what is not there any more stays as it is. Throws
   * ContainerConfigError for what they refer to and never was there.
   */
  make(): Promise<readonly PlannedVolume[]> {
    if (this.#made !== undefined) return this.#made;
    const made = this.#inTurn(() => this.#make());
    made.catch(() => {
      if (this.#made === made) this.#made = undefined;
    });
    return (this.#made = made);
  }

  /** What they show may be otherwise now. */
  changed(): void {
    this.#made = undefined;
    this.refresh();
  }

  /** Brings the files up to date that are there, each by itself; what fails leaves the old ones where they are. */
  refresh(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    void this.#follow();
  }

  /** Measures what may not grow as it likes. A volume in memory can't exceed its limit. */
  async measure(): Promise<void> {
    if (isTerminal(this.options.pod().status?.phase)) return;
    for (const { name, emptyDir } of this.#volumes) {
      const limit = bytes(emptyDir?.sizeLimit);
      if (this.#closing.signal.aborted) return;
      if (emptyDir === undefined || emptyDir.medium === 'Memory' || limit <= 0) continue;
      if ((await this.options.files.usedBytes(name)) > limit)
        return this.options.listener.exceeded(renderExceeded(name, emptyDir.sizeLimit ?? ''));
    }
  }

  /** Resolves when nothing is written any more. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.options.closed();
    await this.#turn;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #make(): Promise<readonly PlannedVolume[]> {
    this.#closing.signal.throwIfAborted();
    const planned: PlannedVolume[] = [];
    for (const volume of this.#volumes) planned.push(await this.#planOrKeep(volume));
    await this.options.files.prepareVolumes(planned);
    return planned;
  }

  async #planOrKeep(volume: Volume): Promise<PlannedVolume> {
    try {
      return this.#plan(volume);
    } catch (error) {
      if (await this.options.files.hasFiles(volume.name)) return { kind: 'kept', name: volume.name };
      throw error;
    }
  }

  async #follow(): Promise<void> {
    try {
      await this.options.answered(this.#closing.signal);
    } catch {
      return; // The pod has gone.
    } finally {
      this.#isWaiting = false;
    }
    await this.#inTurn(async () => {
      for (const volume of this.#volumes) if (!this.#closing.signal.aborted) await this.#renew(volume);
    });
  }

  async #renew(volume: Volume): Promise<void> {
    const { files, listener } = this.options;
    try {
      if (!(await files.hasFiles(volume.name))) return;
      const planned = this.#plan(volume);
      if (planned.kind === 'files') await files.prepareVolumes([planned]);
      this.#failures.delete(volume.name);
    } catch (error) {
      const message = messageOf(error);
      if (this.#failures.get(volume.name) !== message) listener.failed(error);
      this.#failures.set(volume.name, message);
    }
  }

  get #volumes(): readonly Volume[] {
    return this.options.pod().spec?.volumes ?? [];
  }

  #plan(volume: Volume): PlannedVolume {
    const { pod, source, node } = this.options;
    return planVolume(volume, { pod: pod(), source, node, podIPs: [] });
  }
}

/** As Kubernetes has it, with a blank at its end (emptyDirMessageFmt in pkg/kubelet/eviction). */
function renderExceeded(volume: string, limit: string): string {
  return `Usage of EmptyDir volume "${volume}" exceeds the limit "${canonicalQuantity(limit) ?? limit}". `;
}
