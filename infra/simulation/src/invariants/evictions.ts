import type { LogEvent, ObjectOf } from '@shiplog/contracts';
import { matchesLabelSelector } from '@shiplog/apimachinery';
import { conditionOf, isConditionTrue, type StoredPod } from '@shiplog/kube';
import type { Truth } from './truth';
import { Violation } from './violation';

type Budget = ObjectOf<'poddisruptionbudgets.policy'>;

const BUDGETS = 'poddisruptionbudgets.policy';

/** What may go by the last count of a budget's pods, and what has been let go since. */
interface Count {
  readonly spare: number;
  evicted: number;
}

/** Evictions that were granted, against what the budgets' controller had counted by then. */
export class Evictions {
  /** By the budget's uid. */
  readonly #counts = new Map<string, Count>();

  constructor(private readonly truth: Truth) {}

  /** An eviction leaves as many healthy pods as the budget asks for. Throws the Violation of one that does not. */
  committed(events: readonly LogEvent[]): void {
    const evictions = events.filter((event) => this.#isEviction(event));
    const commands = new Set(evictions.map(({ commandId }) => commandId));
    for (const event of events) {
      // What an eviction writes to a budget is no count of its pods.
      if (event.resource === BUDGETS && !commands.has(event.commandId)) this.#count(event);
      else if (evictions.includes(event)) this.#evict(event);
    }
  }

  #isEviction(event: LogEvent): boolean {
    if (event.resource !== 'pods') return false;
    const [before, after] = [event.position - 1, event.position].map((position) => this.#podAt(event, position));
    return before !== undefined && !isEvicted(before) && after !== undefined && isEvicted(after);
  }

  #count(event: LogEvent): void {
    const budget = this.truth.objectAt(event, event.position) as Budget | undefined;
    if (budget === undefined) return;
    const { currentHealthy = 0, desiredHealthy = 0 } = budget.status ?? {};
    this.#counts.set(budget.metadata.uid, { spare: currentHealthy - desiredHealthy, evicted: 0 });
  }

  #evict(event: LogEvent): void {
    const pod = this.#podAt(event, event.position - 1);
    // One that is not ready, or on its way out already, is none of those that were counted.
    if (pod === undefined || !isConditionTrue(pod, 'Ready') || pod.metadata.deletionTimestamp !== undefined) return;
    for (const budget of this.truth.state.list(BUDGETS, event.namespace)) {
      if (!matchesLabelSelector(budget.spec?.selector, pod.metadata.labels)) continue;
      const { uid, name } = budget.metadata;
      const count = this.#counts.get(uid) ?? { spare: 0, evicted: 0 };
      this.#counts.set(uid, { ...count, evicted: count.evicted + 1 });
      if (count.evicted < count.spare) continue;
      const told = `${event.name} at ${event.position}: ${count.evicted} went before it, and ${name} can spare ${count.spare}`;
      throw new Violation('an eviction leaves as many healthy pods as its budget asks for', told);
    }
  }

  #podAt(event: LogEvent, position: number): StoredPod | undefined {
    return this.truth.objectAt(event, position) as StoredPod | undefined;
  }
}

function isEvicted(pod: StoredPod): boolean {
  return conditionOf(pod, 'DisruptionTarget')?.reason === 'EvictionByEvictionAPI';
}
