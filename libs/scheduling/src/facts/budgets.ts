import type { PodDisruptionBudget, StoredObject } from '@shiplog/contracts';
import { isEmptySelector, selects } from '@shiplog/admission';
import type { PodFacts } from './pod-facts';

/** A PodDisruptionBudget as it is stored. */
export type StoredBudget = PodDisruptionBudget & StoredObject;

/** How many pods may be disturbed by choice. */
export interface Budgets {
  /** Those of which the pod is one. One without a selector, or with an empty one, has no pod here (as in kube-scheduler's preemption). */
  of(pod: PodFacts): readonly StoredBudget[];
  /** How many more pods a budget can spare; below zero when it is overdrawn. */
  allowed(budget: StoredBudget): number;
}

/** The budgets of a cluster, kept live. */
export class BudgetIndex implements Budgets {
  readonly #namespaces = new Map<string, BudgetsOfNamespace>();

  set(namespace: string, name: string, budget: StoredBudget | undefined): void {
    let budgets = this.#namespaces.get(namespace);
    if (budgets === undefined) this.#namespaces.set(namespace, (budgets = new BudgetsOfNamespace()));
    if (budgets.set(name, budget) === 0) this.#namespaces.delete(namespace);
  }

  of({ pod: { metadata } }: PodFacts): readonly StoredBudget[] {
    const budgets = this.#namespaces.get(metadata.namespace ?? '');
    return budgets === undefined || metadata.labels === undefined ? NONE : budgets.of(metadata.labels);
  }

  allowed({ status }: StoredBudget): number {
    return status?.disruptionsAllowed ?? 0;
  }
}

type Labels = Readonly<Record<string, string>>;

class BudgetsOfNamespace {
  readonly #budgets = new Map<string, StoredBudget>();
  /** Pods of one owner have the same labels, held once. */
  #found = new WeakMap<Labels, readonly StoredBudget[]>();

  /** How many there are then. */
  set(name: string, budget: StoredBudget | undefined): number {
    if (budget === undefined) this.#budgets.delete(name);
    else this.#budgets.set(name, budget);
    this.#found = new WeakMap();
    return this.#budgets.size;
  }

  of(labels: Labels): readonly StoredBudget[] {
    const known = this.#found.get(labels);
    if (known !== undefined) return known;
    const found = [...this.#budgets.values()].filter(({ spec }) => {
      return spec?.selector !== undefined && !isEmptySelector(spec.selector) && selects(spec.selector, labels);
    });
    this.#found.set(labels, found);
    return found;
  }
}

const NONE: readonly StoredBudget[] = [];

/** Where nobody is asked to go. */
export const NO_BUDGETS: Budgets = new BudgetIndex();

/** The same after pods that decisions before have chosen to go. */
export class SpentBudgets implements Budgets {
  readonly #spent = new Map<string, number>();

  constructor(private readonly budgets: Budgets) {}

  of(pod: PodFacts): readonly StoredBudget[] {
    return this.budgets.of(pod);
  }

  allowed(budget: StoredBudget): number {
    return this.budgets.allowed(budget) - (this.#spent.get(budget.metadata.uid) ?? 0);
  }

  spend(pod: PodFacts): void {
    for (const budget of this.budgets.of(pod)) {
      if (isCharged(budget, pod)) continue;
      this.#spent.set(budget.metadata.uid, (this.#spent.get(budget.metadata.uid) ?? 0) + 1);
    }
  }
}

/** Whether the budget has been charged for the pod already: it was evicted by the API. */
export function isCharged({ status }: StoredBudget, { pod }: PodFacts): boolean {
  return Object.hasOwn(status?.disruptedPods ?? {}, pod.metadata.name);
}
