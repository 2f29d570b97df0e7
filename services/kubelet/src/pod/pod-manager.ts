import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { AppliedEvent } from '@shiplog/cluster';
import type { LogEvent } from '@shiplog/contracts';
import { CONFIG, LOGGER } from '@shiplog/service';
import type { AdmissionRefusal } from '@shiplog/scheduling';
import type { Logger } from 'pino';
import { PodAdmission, type Admission } from '../admission/pod-admission';
import { ClusterView } from '../cluster/cluster-view';
import { PodTokens } from '../account-tokens/pod-tokens';
import { EngineCgroups } from '../node/cgroups';
import { References } from '../references/references';
import { ContainerTable } from '../runtime/container-table';
import type { PodIdentity, PodRuntime } from '../runtime/runtime';
import type { KubeletConfig } from '../settings';
import { PodResizes } from '../resize/pod-resizes';
import { POD_RUNTIME } from '../tokens';
import { removeLeftovers } from '../volumes/leftovers';
import { NodeMounts } from '../volumes/mounts/node-mounts';
import { Notes } from '../status/notes';
import { PodReports } from './pod-reports';
import { PodWorkers } from './pod-workers';
import { isMirrorOf, isStatic, type Pod } from '../domain/pod';
import { MIRROR } from '../static-pods/domain/annotations';
import type { Ending } from './domain/view';
import type { PodWorker } from './worker';

const DEFAULT_GRACE_S = 30;

/** Why a pod ends for a critical one, in Kubernetes' words. */
const PREEMPTED: Ending = {
  reason: 'Preempting',
  message: 'Preempted in order to admit critical pod',
  disruption: 'Pod was preempted by Kubelet to accommodate a critical pod.',
  graceSeconds: Infinity,
};

/** One worker for each pod that is wanted on this node, or of which something is still here. */
@Injectable()
export class PodManager implements OnApplicationShutdown {
  readonly #workers = new Map<string, PodWorker>();
  /** Critical pods that others make room for, by uid. */
  readonly #waiting = new Map<string, Pod>();
  /** The pods that files of this node name, by uid. */
  #static = new Map<string, Pod>();
  #staticGone: () => void = () => undefined;
  #onApplied: () => void = () => undefined;
  /** Whether the engine was listed. */
  #isListed = false;
  /** Whether what runs here is known: no other pod may take its room before. */
  #adopted = false;

  constructor(
    @Inject(CONFIG) private readonly config: Pick<KubeletConfig, 'nodeName' | 'stateDir'>,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(POD_RUNTIME) private readonly runtime: Pick<PodRuntime, 'capabilities'>,
    private readonly cluster: ClusterView,
    private readonly table: ContainerTable,
    private readonly references: References,
    private readonly tokens: PodTokens,
    private readonly admission: PodAdmission,
    private readonly resizes: PodResizes,
    private readonly cgroups: EngineCgroups,
    private readonly notes: Notes,
    private readonly factory: PodWorkers,
    private readonly mounts: NodeMounts,
    private readonly reports: PodReports,
  ) {
    reports.onStaticEnded((uid) => this.#workers.get(uid)?.update(undefined));
    table.onChange((uid) => this.#workers.get(uid)?.wake());
    const changed = (uids: readonly string[]): void => {
      for (const uid of uids) this.#workers.get(uid)?.configChanged();
    };
    references.onChange(changed);
    tokens.onChange((uid) => changed([uid]));
  }

  get size(): number {
    return this.#workers.size;
  }

  /** The pod as its worker has it now, by its uid or that of its mirror; undefined when there is none. */
  worker(uid: string): PodWorker | undefined {
    return this.#workers.get(uid) ?? this.#workers.get(this.reports.mirroredBy(uid) ?? '');
  }

  /** The pods that are to go on here. */
  get active(): readonly Pod[] {
    return [...this.#workers.values()].filter(({ isActive }) => isActive).map(({ current }) => current);
  }

  /** Whether a pod that the node ends has not ended yet. */
  get isEvicting(): boolean {
    return [...this.#workers.values()].some(({ isEvicting }) => isEvicting);
  }

  /** Has the node end a pod; whether it does. */
  end(uid: string, ending: Ending): boolean {
    return this.#workers.get(uid)?.end(ending) ?? false;
  }

  /** Resolves when the log has the end of every pod that the node ends, or when it is not to be waited for any longer. */
  async untilEnded(limit: AbortSignal): Promise<void> {
    // One listener for all the while: the log may go on many times before the last pod ends.
    limit.addEventListener('abort', () => this.#onApplied(), { once: true });
    while (this.isEvicting && !limit.aborted) await new Promise<void>((resolve) => (this.#onApplied = resolve));
  }

  /** Everything anew: after the engine has been listed. Containers of pods that the log doesn't want go. */
  adopt(): void {
    this.#isListed = true;
    this.#beginStatic();
    // What runs here and is of no file is not known to be unwanted before the log is read.
    if (this.cluster.isOpen) this.#adoptAll();
    for (const worker of this.#workers.values()) worker.engineUp();
    if (!this.runtime.capabilities.files) return;
    this.#readyMounts().catch((error: unknown) =>
      this.logger.warn(
        { err: error },
        'could not find out whether the engine sees mounts; trying again when one is needed',
      ),
    );
    this.#removeLeftovers().catch((error: unknown) =>
      this.logger.warn({ err: error }, 'could not remove what is left of pods that are gone'),
    );
  }

  #adoptAll(): void {
    const pods = [...this.cluster.pods()].sort((a, b) => this.#seniority(a, b));
    for (const pod of pods) {
      if (isStatic(pod)) this.#mirrorChanged(undefined, pod);
      else this.#want(pod);
    }
    this.#adopted = true;
    for (const uid of this.table.pods()) {
      const identity = this.table.of(uid)[0]?.pod;
      if (!this.#workers.has(uid) && identity !== undefined) this.#open(strayPod(identity), undefined);
    }
  }

  /** The pods that files of this node name now: others that were named before end. */
  setStatic(pods: readonly Pod[]): void {
    const before = this.#static;
    this.#static = new Map(pods.map((pod) => [pod.metadata.uid, pod]));
    for (const [uid, pod] of before) if (!this.#static.has(uid)) this.#endStatic(pod);
    if (this.#isListed) this.#beginStatic();
  }

  /** Calls back whenever nothing is left of a static pod that was to end. */
  onStaticGone(listener: () => void): void {
    this.#staticGone = listener;
  }

  /** One whose file was changed begins when nothing is left of what it was before. */
  #beginStatic(): void {
    for (const [uid, pod] of this.#static) {
      const { namespace, name } = pod.metadata;
      const others = [...this.#workers.values()].map(({ current }) => current.metadata);
      if (others.some((other) => other.uid === uid || (other.namespace === namespace && other.name === name))) continue;
      const mirror = this.cluster.pods().find((item) => isMirrorOf(item, pod));
      this.#want({ ...pod, status: mirror?.status ?? pod.status });
      this.#mirrorChanged(undefined, mirror);
    }
  }

  /** With its grace, as one that is deleted. */
  #endStatic({ metadata: { uid }, spec }: Pod): void {
    this.#waiting.delete(uid);
    this.admission.release(uid);
    const worker = this.#workers.get(uid);
    if (worker === undefined) return;
    const deletionGracePeriodSeconds = spec?.terminationGracePeriodSeconds ?? DEFAULT_GRACE_S;
    const deletionTimestamp = new Date(Date.now() + deletionGracePeriodSeconds * 1_000).toISOString();
    const pod = worker.current;
    worker.update({ ...pod, metadata: { ...pod.metadata, deletionTimestamp, deletionGracePeriodSeconds } });
  }

  /** A mirror is not run: it tells of the static pod, and what it told last is known of that. */
  #mirrorChanged(before: Pod | undefined, after: Pod | undefined, event?: LogEvent): void {
    const uidOf = (mirror: Pod | undefined): string => mirror?.metadata.annotations?.[MIRROR] ?? '';
    if (before !== undefined && before.metadata.uid !== after?.metadata.uid)
      this.reports.mirrored(uidOf(before), undefined);
    if (after === undefined) return;
    const worker = this.#workers.get(uidOf(after));
    if (worker === undefined || !isMirrorOf(after, worker.current)) return;
    this.reports.mirrored(uidOf(after), after);
    // A new mirror knows nothing yet.
    const status = after.status?.startTime === undefined ? worker.current.status : after.status;
    worker.update({ ...worker.current, status }, event);
  }

  /**
   * What an engine that was killed has forgotten runs on in its pod's cgroup. It is killed where the pod's files show that it was
   * this kubelet's: other kubelets may have theirs beside it.
   */
  async #removeLeftovers(): Promise<void> {
    const { stateDir } = this.config;
    const unknown = [...(await this.cgroups.pods())].filter((uid) => !this.#workers.has(uid));
    for (const uid of unknown) {
      const isOurs = existsSync(join(stateDir, 'pods', uid));
      await (isOurs ? this.cgroups.remove(uid) : this.cgroups.removeUnused(uid));
    }
    await removeLeftovers(stateDir, this.mounts, (uid) => this.#workers.has(uid));
  }

  /** What an earlier kubelet has taken comes first, then what was made first. */
  #seniority(a: Pod, b: Pod): number {
    const [first, second] = [this.#wasTaken(a), this.#wasTaken(b)];
    if (first !== second) return first ? -1 : 1;
    return Date.parse(a.metadata.creationTimestamp) - Date.parse(b.metadata.creationTimestamp);
  }

  #wasTaken({ metadata, status }: Pod): boolean {
    return this.table.of(metadata.uid).length > 0 || status?.startTime !== undefined;
  }

  /** The log went on. Until the engine was listed, nothing can be done about it: `adopt` will look at all there is. */
  applied(batch: readonly AppliedEvent[]): void {
    if (!this.#adopted) return;
    for (const { event, before, after } of batch) {
      if (event.resource === 'pods') this.#podChanged(event, before as Pod | undefined, after as Pod | undefined);
    }
    for (const pod of [...this.#waiting.values(), ...this.resizes.deferred]) this.#want(pod);
    this.#onApplied();
  }

  /** Stops seeing to pods. Their containers go on running, for the next kubelet to adopt. */
  onApplicationShutdown(): void {
    for (const worker of this.#workers.values()) worker.close();
    this.#workers.clear();
  }

  /** The first pod need not wait for that. */
  async #readyMounts(): Promise<void> {
    if (await this.mounts.available()) return;
    this.logger.info(
      "the engine does not see what this process mounts: volumes in memory are the engine's, and Secrets lie on this disk",
    );
  }

  #podChanged(event: LogEvent, before: Pod | undefined, after: Pod | undefined): void {
    const mirror = [after, before].find((pod) => pod !== undefined && isStatic(pod));
    if (mirror !== undefined) return this.#mirrorChanged(before, after, event);
    if (before !== undefined && before.metadata.uid !== after?.metadata.uid) this.#gone(before.metadata.uid);
    if (after === undefined) return;
    if (after.spec?.nodeName === this.config.nodeName) this.#want(after, event);
    else this.#gone(after.metadata.uid);
  }

  #gone(uid: string): void {
    this.#waiting.delete(uid);
    this.admission.release(uid);
    this.resizes.release(uid);
    this.#workers.get(uid)?.update(undefined);
  }

  #want(pod: Pod, event?: LogEvent): void {
    // Before the worker looks at the pod for the first time, so that the answers are under way by then.
    this.references.hold(pod);
    this.tokens.hold(pod);
    const worker = this.#workers.get(pod.metadata.uid);
    if (worker === undefined) return this.#begin(pod);
    worker.update(this.#resized(pod), event);
  }

  #begin(pod: Pod): void {
    const { uid } = pod.metadata;
    const admission = this.#admit(pod);
    if (admission.kind === 'wait') {
      this.#waiting.set(uid, pod);
      for (const victim of admission.victims) this.end(victim.metadata.uid, PREEMPTED);
      return;
    }
    this.#waiting.delete(uid);
    const refusal = admission.kind === 'refused' ? admission.refusal : undefined;
    if (refusal !== undefined) this.notes.say(pod, 'Warning', refusal.reason, refusal.message);
    if (refusal !== undefined) return this.#open(pod, pod, refusal);
    const taken = this.#sensibly(pod, () => this.resizes.taken(pod, this.#wasTaken(pod)));
    this.#open(taken, taken);
    // It may ask for other amounts since an earlier kubelet took it.
    if (taken !== pod) this.#workers.get(uid)?.update(this.#resized(pod));
  }

  #resized(pod: Pod): Pod {
    return this.#sensibly(pod, () => this.resizes.resized(pod));
  }

  /** A pod as it is where nobody can make sense of what it asks for: that is its worker's to tell. */
  #sensibly(pod: Pod, read: () => Pod): Pod {
    try {
      return read();
    } catch (error) {
      this.logger.error({ err: error, pod: pod.metadata.name }, 'could not tell what amounts a pod may have');
      return pod;
    }
  }

  /** A pod that nobody can make sense of is its worker's to tell: the others go on. */
  #admit(pod: Pod): Admission {
    try {
      if (!this.#wasTaken(pod)) return this.admission.admit(pod, { active: this.active, ending: this.#ending });
      this.admission.take(pod);
    } catch (error) {
      this.logger.error({ err: error, pod: pod.metadata.name }, 'could not decide whether to take a pod');
    }
    return { kind: 'taken' };
  }

  get #ending(): readonly Pod[] {
    return [...this.#workers.values()].filter(({ isEnding }) => isEnding).map(({ current }) => current);
  }

  #open(pod: Pod, wanted: Pod | undefined, refusal?: AdmissionRefusal): void {
    const { uid } = pod.metadata;
    const worker = this.factory.make(pod, wanted === undefined ? 'gone' : 'run', refusal, () => {
      this.#workers.delete(uid);
      this.references.release(uid);
      this.tokens.release(uid);
      if (!isStatic(pod)) return;
      this.#beginStatic();
      this.#staticGone();
    });
    this.#workers.set(uid, worker);
    worker.update(wanted);
  }
}

/** What is known of a pod that only its containers' labels tell of. */
function strayPod({ uid, namespace, name }: PodIdentity): Pod {
  const metadata = { uid, namespace, name, resourceVersion: '0', creationTimestamp: '' };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [] } };
}
