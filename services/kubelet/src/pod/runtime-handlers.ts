import { Injectable } from '@nestjs/common';
import { ClusterView } from '../cluster/cluster-view';
import type { Pod } from '../domain/pod';

/** Which of the engine's runtimes runs a pod's containers, by its RuntimeClass. */
@Injectable()
export class RuntimeHandlers {
  #known: readonly string[] = [];

  constructor(private readonly cluster: ClusterView) {}

  /** What the engine has. */
  use(known: readonly string[]): void {
    this.#known = known;
  }

  /** Undefined: the engine's own. Throws for a class that is not there, and for a handler that the engine doesn't have. */
  of({ spec }: Pod): string | undefined {
    const name = spec?.runtimeClassName ?? '';
    if (name === '') return undefined;
    const handler = this.cluster.runtimeClass(name)?.handler;
    if (handler === undefined) throw new Error(`runtimeclass.node.k8s.io ${JSON.stringify(name)} not found`);
    if (!this.#known.includes(handler))
      throw new Error(`failed to get sandbox runtime: no runtime for ${JSON.stringify(handler)} is configured`);
    return handler;
  }
}
