import { Inject, Injectable } from '@nestjs/common';
import type { Bus } from '@shiplog/bus';
import { PODS_A_QUESTION, Usage, type NodeUsage } from '@shiplog/contracts';
import type { Logger } from 'pino';
import { BUS, LOGGER } from './tokens';

/** How long a kubelet may take: one that does not answer holds nobody up for longer, and what it would have told is left out. */
const PATIENCE_MS = 2_000;
/** An answer is good for so long: who looks again and again asks no kubelet more often. */
const FRESH_MS = 5_000;

type PodUsage = NodeUsage['pods'][number];

/**
 * What nodes and their pods use, by their kubelets' word. They are asked when somebody wants to know, all at once, and only those
 * that have what is wanted: a cluster in which nobody looks sends nothing, however large it is.
 */
@Injectable()
export class KubeletUsage {
  /** By node, or by the uid of a pod; gone once they are not fresh any more. */
  readonly #nodes = new Map<string, Promise<NodeUsage | undefined>>();
  readonly #pods = new Map<string, Promise<PodUsage | undefined>>();

  constructor(
    @Inject(BUS) private readonly bus: Pick<Bus, 'ask'>,
    @Inject(LOGGER) private readonly logger: Pick<Logger, 'debug'>,
  ) {}

  /** What a node uses; undefined when its kubelet does not say. */
  async node(node: string): Promise<NodeUsage['node']> {
    const answer = this.#nodes.get(node) ?? this.#keep(this.#nodes, node, this.#ask(node, []));
    return (await answer)?.node;
  }

  /** What some pods of a node use, by their uids; those that nothing is known of are left out. */
  async pods(node: string, uids: readonly string[]): Promise<readonly PodUsage[]> {
    const unknown = uids.filter((uid) => !this.#pods.has(uid));
    for (let from = 0; from < unknown.length; from += PODS_A_QUESTION) {
      const asked = unknown.slice(from, from + PODS_A_QUESTION);
      const told = this.#ask(node, asked).then((answer) => new Map(answer?.pods.map((item) => [item.uid, item])));
      for (const uid of asked)
        void this.#keep(
          this.#pods,
          uid,
          told.then((known) => known.get(uid)),
        );
    }
    const found = await Promise.all(uids.flatMap((uid) => this.#pods.get(uid) ?? []));
    return found.filter((item) => item !== undefined);
  }

  async #ask(node: string, pods: string[]): Promise<NodeUsage | undefined> {
    try {
      return await this.bus.ask(Usage, { pods }, { node }, { timeoutMs: PATIENCE_MS });
    } catch (error) {
      this.logger.debug({ err: error, node }, 'a kubelet does not say what its node uses');
      return undefined;
    }
  }

  #keep<T>(kept: Map<string, Promise<T>>, key: string, answer: Promise<T>): Promise<T> {
    kept.set(key, answer);
    setTimeout(() => kept.delete(key), FRESH_MS).unref();
    return answer;
  }
}
