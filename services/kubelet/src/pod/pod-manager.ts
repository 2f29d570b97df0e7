import type { Applied } from '@shiplog/cluster';
import type { PodIdentity } from '../runtime/runtime';
import { removeLeftovers } from '../volumes/pod-files';
import type { KubeletContext } from './context';
import type { Pod } from './view';
import { PodWorker } from './worker';

/** What the manager needs of the log's projection. */
export interface PodSource {
  pods(): readonly Pod[];
}

/** One worker for each pod that is wanted on this node, or of which something is still here. */
export class PodManager {
  readonly #workers = new Map<string, PodWorker>();
  readonly #references = new Map<string, Set<string>>();

  constructor(
    private readonly context: KubeletContext,
    private readonly source: PodSource,
  ) {
    context.table.onChange((uid) => this.#workers.get(uid)?.wake());
  }

  get size(): number {
    return this.#workers.size;
  }

  /** The pod as its worker has it now; undefined when there is none. */
  worker(uid: string): PodWorker | undefined {
    return this.#workers.get(uid);
  }

  /** Everything anew: after the engine has been listed. Containers of pods that the log doesn't want go. */
  adopt(): void {
    for (const pod of this.source.pods()) this.#want(pod);
    const { table } = this.context;
    for (const uid of table.pods()) {
      const identity = table.of(uid)[0]?.pod;
      if (!this.#workers.has(uid) && identity !== undefined) this.#open(strayPod(identity), undefined);
    }
    for (const worker of this.#workers.values()) worker.wake();
    removeLeftovers(this.context.stateDir, (uid) => this.#workers.has(uid)).catch((error: unknown) =>
      this.context.logger.warn({ err: error }, 'could not remove the files of pods that are gone'),
    );
  }

  /** The log went on. */
  applied(batch: readonly Applied[]): void {
    for (const { event, before, after } of batch) {
      if (event.resource === 'pods') this.#podChanged(before as Pod | undefined, after as Pod | undefined);
      if (event.resource === 'configmaps' || event.resource === 'secrets') {
        this.#configChanged(event.namespace, `${event.resource}/${event.name}`);
      }
    }
  }

  close(): void {
    for (const worker of this.#workers.values()) worker.close();
    this.#workers.clear();
  }

  #podChanged(before: Pod | undefined, after: Pod | undefined): void {
    if (before !== undefined && before.metadata.uid !== after?.metadata.uid)
      this.#workers.get(before.metadata.uid)?.update(undefined);
    if (after === undefined) return;
    if (after.spec?.nodeName === this.context.nodeName) this.#want(after);
    else this.#workers.get(after.metadata.uid)?.update(undefined);
  }

  #want(pod: Pod): void {
    const worker = this.#workers.get(pod.metadata.uid);
    if (worker === undefined) this.#open(pod, pod);
    else worker.update(pod);
  }

  #open(pod: Pod, wanted: Pod | undefined): void {
    const { uid } = pod.metadata;
    const worker = new PodWorker(this.context, pod, wanted === undefined ? 'gone' : 'run', () => {
      this.#workers.delete(uid);
      this.#references.delete(uid);
    });
    this.#workers.set(uid, worker);
    this.#references.set(uid, referencesOf(pod));
    worker.update(wanted);
  }

  #configChanged(namespace: string, what: string): void {
    for (const [uid, references] of this.#references) {
      const worker = this.#workers.get(uid);
      if (references.has(what) && worker?.namespace === namespace) worker.configChanged();
    }
  }
}

/** What is known of a pod that only its containers' labels tell of. */
function strayPod({ uid, namespace, name }: PodIdentity): Pod {
  const metadata = { uid, namespace, name, resourceVersion: '0', creationTimestamp: '' };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [] } };
}
