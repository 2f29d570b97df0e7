import { pause, SyncLoop } from '@shiplog/wait';
import type { ObservedContainer, RuntimeEvent } from '../runtime';
import { EventStream, type ContainerChange } from './event-stream';
import type { GrpcClient } from './grpc/client';

/** What the runtime is about to know is asked for so often, and so long. */
const ASK_MS = 20;
const ASK_LONG_MS = 10_000;
/** An event that was lost is made up for within so long. */
const RELIST_MS = 60_000;
const BACK_OFF = { firstMs: 5_000, longestMs: RELIST_MS };

type Listener = (event: RuntimeEvent) => void;

export interface ContainerWatchOptions {
  readonly list: () => Promise<readonly ObservedContainer[]>;
  readonly inspect: (id: string) => Promise<ObservedContainer | undefined>;
  /** Names or images have changed. */
  readonly imagesChanged: () => void;
  readonly onProblem: (error: unknown, what: string) => void;
}

interface Known {
  readonly podUid: string;
  isEnded: boolean;
}

/** Tells what happens to containers: by containerd's events, and now and then by a look at all of them. */
export class ContainerWatch {
  /** Whose they are: of one that is gone nobody else could say. */
  readonly #known = new Map<string, Known>();
  readonly #listeners = new Set<Listener>();

  constructor(
    private readonly client: GrpcClient,
    private readonly options: ContainerWatchOptions,
  ) {}

  remember({ id, pod, state }: Pick<ObservedContainer, 'id' | 'pod' | 'state'>): void {
    if (!this.#known.has(id)) this.#known.set(id, { podUid: pod.uid, isEnded: state.phase === 'exited' });
  }

  add(listener: Listener): { close(): void } {
    const { client, options } = this;
    const stream = new EventStream(client, {
      connected: () => listener({ type: 'connected' }),
      disconnected: (reason) => listener({ type: 'disconnected', reason }),
      images: () => {
        options.imagesChanged();
        listener({ type: 'images' });
      },
      container: (id, change) => void this.#hear(id, change, listener),
    });
    const relists = new SyncLoop({
      run: () => this.#relist(),
      backOff: BACK_OFF,
      onError: (error) => options.onProblem(error, 'could not look at all containers'),
    });
    relists.wakeEvery(RELIST_MS);
    this.#listeners.add(listener);
    void stream.run();
    return {
      close: () => {
        this.#listeners.delete(listener);
        stream.close();
        void relists.stop();
      },
    };
  }

  /** It counts as gone from now on. */
  removed(id: string): void {
    const known = this.#known.get(id);
    if (known === undefined) return;
    this.#known.delete(id);
    for (const listener of this.#listeners)
      listener({ type: 'container', id, podUid: known.podUid, change: 'removed' });
  }

  /** Resolves once the runtime does not take a container for running any more, though not for ever. */
  async untilEnded(id: string): Promise<void> {
    for (const giveUp = Date.now() + ASK_LONG_MS; Date.now() < giveUp;) {
      if ((await this.options.inspect(id))?.state.phase !== 'running') return;
      await pause(ASK_MS);
    }
  }

  /** What has happened to a container, once the runtime says so too: it hears of it at the same time. */
  async #hear(id: string, change: ContainerChange, listener: Listener): Promise<void> {
    try {
      if (change === 'ended') await this.untilEnded(id);
      else if (!this.#known.has(id)) await this.options.inspect(id);
    } catch (error) {
      // Who hears of it looks himself.
      this.options.onProblem(error, 'could not look at a container of which an event tells');
    }
    const known = this.#known.get(id);
    if (known === undefined) return;
    const { podUid } = known;
    if (change === 'removed') this.#known.delete(id);
    if (change === 'ended') known.isEnded = true;
    listener({ type: 'container', id, podUid, change });
  }

  /** What events should have told, and have not. */
  async #relist(): Promise<void> {
    const before = [...this.#known.keys()];
    const all = new Map((await this.options.list()).map((container) => [container.id, container]));
    for (const id of before) {
      const known = this.#known.get(id);
      const found = all.get(id);
      if (found === undefined) this.removed(id);
      else if (found.state.phase === 'exited' && known?.isEnded === false) {
        known.isEnded = true;
        const { podUid } = known;
        for (const listener of this.#listeners) listener({ type: 'container', id, podUid, change: 'ended' });
      }
    }
  }
}
