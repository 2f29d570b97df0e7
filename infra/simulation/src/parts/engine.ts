import { FakeRuntime } from '../../../../services/kubelet/src/runtime/testing/fake-runtime';
import type { ObservedContainer, PodRuntime } from '../../../../services/kubelet/src/runtime/runtime';
import type { Random } from '../world/random';
import type { World } from '../world/world';

/** A node's container engine: it goes on while its kubelet is away, and takes its time for every answer. */
export class Engine {
  readonly #fake: FakeRuntime;
  readonly #random: Random;
  /** Whether something has changed since it was last looked at. */
  isChanged = true;

  constructor(world: World, node: string) {
    this.#fake = new FakeRuntime(() => world.clock);
    this.#random = world.random(`engine of ${node}`);
    this.#fake.watch(() => (this.isChanged = true));
  }

  get containers(): Iterable<ObservedContainer> {
    return this.#fake.containers.values();
  }

  /**
   * The engine as one kubelet sees it. What is asked is done at the engine a moment later, also when the asker is not there
   * any more by then, and answered a moment after that.
   */
  seenBy(isThere: () => boolean): PodRuntime {
    const fake = this.#fake;
    const wait = (): Promise<void> =>
      new Promise((resolve) =>
        setTimeout(resolve, this.#random.chance(0.05) ? this.#random.between(50, 800) : this.#random.between(0.5, 10)),
      );
    const watch: PodRuntime['watch'] = (listener) =>
      fake.watch((event) => setTimeout(() => isThere() && listener(event), 1));
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
}
