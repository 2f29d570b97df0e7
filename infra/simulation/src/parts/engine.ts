import { FakeRuntime } from '../../../../services/kubelet/src/runtime/testing/fake-runtime';
import type { ObservedContainer, PodRuntime } from '../../../../services/kubelet/src/runtime/runtime';
import { ENDS_WELL } from '../clients/workload-kinds';
import type { SimProcess } from '../world/process';
import type { Random } from '../world/random';
import type { World } from '../world/world';

/** How often it is looked which containers come to their end: each runs for one to two of these, in virtual milliseconds. */
const ROUND_MS = 500;
/** How many of those that should end well do not. */
const FAILING = 0.04;

/** A node's container engine: it goes on while its kubelet is away, and takes its time for every answer. */
export class Engine {
  readonly #fake: FakeRuntime;
  readonly #random: Random;
  readonly #ends: Random;
  /** Containers that have run for a round. */
  #seen = new Set<string>();
  /** Whether something has changed since it was last looked at. */
  isChanged = true;

  constructor(
    private readonly world: World,
    node: string,
  ) {
    this.#fake = new FakeRuntime(() => world.clock);
    this.#random = world.random(`engine of ${node}`);
    this.#ends = world.random(`ends on ${node}`);
    this.#fake.watch(() => (this.isChanged = true));
    this.#goRound();
  }

  get containers(): Iterable<ObservedContainer> {
    return this.#fake.containers.values();
  }

  /**
   * The engine as one kubelet sees it. What is asked is done at the engine a moment later, also when the asker is not there
   * any more by then, and answered a moment after that.
   */
  seenBy(kubelet: SimProcess): PodRuntime {
    const fake = this.#fake;
    const wait = (): Promise<void> =>
      new Promise((resolve) =>
        setTimeout(resolve, this.#random.chance(0.05) ? this.#random.between(50, 800) : this.#random.between(0.5, 10)),
      );
    // Whoever had it happen, what comes of it is done by the process that listens.
    const watch: PodRuntime['watch'] = (listener) =>
      fake.watch((event) => void this.world.later(kubelet, 1, 'arrival', () => listener(event)));
    return new Proxy(fake as PodRuntime, {
      get: (_, name: keyof PodRuntime) => {
        if (name === 'watch') return watch;
        const method: unknown = fake[name];
        if (typeof method !== 'function' || name === 'logs')
          return typeof method === 'function' ? method.bind(fake) : method;
        return async (...given: unknown[]): Promise<unknown> => {
          await wait();
          const answer: unknown = await Promise.resolve(Reflect.apply(method, fake, given)).then(
            (value: unknown) => ({ value }),
            (error: unknown) => ({ error }),
          );
          await wait();
          const settled = answer as { value?: unknown; error?: Error };
          if (settled.error !== undefined) throw settled.error;
          return settled.value;
        };
      },
    });
  }

  /** Containers whose work is done come to their end, whether anybody looks or not. */
  #goRound(): void {
    this.world.time.after(ROUND_MS, () => {
      const working = [...this.containers].filter(({ id, state }) => state.phase === 'running' && this.#endsWell(id));
      for (const { id } of working) if (this.#seen.has(id)) this.#fake.end(id, this.#ends.chance(FAILING) ? 1 : 0);
      this.#seen = new Set(working.map(({ id }) => id));
      this.#goRound();
    });
  }

  #endsWell(id: string): boolean {
    const spec = this.#fake.specs.get(id);
    return spec !== undefined && 'entrypoint' in spec && spec.entrypoint?.[0] === ENDS_WELL[0];
  }
}
