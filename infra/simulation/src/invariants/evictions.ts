import type { AnyCommand, CommandReply, LogEvent, ObjectOf } from '@shiplog/contracts';
import { matchesLabelSelector } from '@shiplog/apimachinery';
import { isConditionTrue, type StoredPod } from '@shiplog/kube';
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

  /** Commands that ask for one. */
  readonly #asked = new Set<string>();
  readonly #refused = new Set<string>();
  /** How many were granted that a budget had to spare. */
  charged = 0;

  constructor(private readonly truth: Truth) {}

  /** How many were refused because of a budget. */
  get refused(): number {
    return this.#refused.size;
  }

  /** Called before a command is sent: its events may be there before its answer. */
  asked({ id, type }: AnyCommand): void {
    if (type === 'EvictPod') this.#asked.add(id);
  }

  answered({ id }: AnyCommand, reply: CommandReply): void {
    const causes = reply.ok || !this.#asked.has(id) ? [] : (reply.status.details?.causes ?? []);
    if (causes.some(({ reason }) => reason === 'DisruptionBudget')) this.#refused.add(id);
  }

  /** An eviction leaves as many healthy pods as the budget asks for. Throws the Violation of one that does not. */
  committed(events: readonly LogEvent[]): void {
    for (const event of events) {
      const isOfEviction = this.#asked.has(event.commandId);
      // What an eviction writes to a budget is no count of its pods.
      if (event.resource === BUDGETS && !isOfEviction) this.#count(event);
      else if (event.resource === 'pods' && isOfEviction) this.#evict(event);
    }
  }

  #count(event: LogEvent): void {
    const budget = this.truth.objectAt(event, event.position) as Budget | undefined;
    if (budget === undefined) return;
    const { currentHealthy = 0, desiredHealthy = 0 } = budget.status ?? {};
    this.#counts.set(budget.metadata.uid, { spare: currentHealthy - desiredHealthy, evicted: 0 });
  }

  #evict(event: LogEvent): void {
    const pod = this.truth.objectAt(event, event.position - 1) as StoredPod | undefined;
    // One that is not ready, or on its way out already, is none of those that were counted.
    if (pod === undefined || !isConditionTrue(pod, 'Ready') || pod.metadata.deletionTimestamp !== undefined) return;
    for (const budget of this.truth.state.list(BUDGETS, event.namespace)) {
      if (!matchesLabelSelector(budget.spec?.selector, pod.metadata.labels)) continue;
      const { uid, name } = budget.metadata;
      const count = this.#counts.get(uid) ?? { spare: 0, evicted: 0 };
      this.#counts.set(uid, { ...count, evicted: count.evicted + 1 });
      this.charged++;
      if (count.evicted < count.spare) continue;
      const told = `${event.name} at ${event.position}: ${count.evicted} went before it, and ${name} can spare ${count.spare}`;
      throw new Violation('an eviction leaves as many healthy pods as its budget asks for', told);
    }
  }
}
