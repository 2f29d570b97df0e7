import type { Snapshot } from './cluster-view';
import { SpentBudgets } from './facts/budgets';
import type { NodeFacts } from './facts/node-facts';
import { ChangedNominations } from './facts/nominations';
import type { PodFacts } from './facts/pod-facts';
import type { VolumePlan } from './volumes/volume-plan';
import { PromisedVolumes, type Volumes } from './volumes/volumes';

/** A binding that a decision takes as made. */
export interface AssumedBinding {
  readonly pod: PodFacts;
  readonly node: string;
}

/** A preemption that a decision takes as made: its victims end, which they have not yet. */
export interface AssumedPreemption extends AssumedBinding {
  readonly victims: readonly PodFacts[];
  /** Who is no longer nominated to the node. */
  readonly outranked: readonly PodFacts[];
}

/** A snapshot with bindings that are assumed to be made, as in kube-scheduler's assume cache, until they are released. */
export class AssumedState implements Snapshot {
  readonly volumes: PromisedVolumes;
  readonly nominations: ChangedNominations;
  readonly #bindings: AssumedBinding[] = [];

  constructor(private readonly snapshot: Snapshot) {
    this.volumes = new PromisedVolumes(snapshot.volumes);
    this.nominations = new ChangedNominations(snapshot.nominations);
  }

  get nodes(): readonly NodeFacts[] {
    return this.snapshot.nodes;
  }

  get verdicts(): Snapshot['verdicts'] {
    return this.snapshot.verdicts;
  }

  get policies(): Snapshot['policies'] {
    return this.snapshot.policies;
  }

  get images(): Snapshot['images'] {
    return this.snapshot.images;
  }

  get placed(): Snapshot['placed'] {
    return this.snapshot.placed;
  }

  get budgets(): Snapshot['budgets'] {
    return this.snapshot.budgets;
  }

  get bindings(): readonly AssumedBinding[] {
    return this.#bindings;
  }

  get assumed(): number {
    return this.#bindings.length;
  }

  get hasAssumed(): boolean {
    return this.assumed > 0 || this.volumes.hasPlans;
  }

  /** Its claims get their volumes; it takes nothing of a node before it is bound. */
  promise({ kept, made }: VolumePlan): void {
    for (const { claim, volume } of kept) this.volumes.plan(claim, volume);
    for (const claim of made) this.volumes.plan(claim);
  }

  assume(pod: PodFacts, node: string): void {
    this.#bindings.push({ pod, node });
    this.nominations.end(pod);
    this.place(pod, node);
  }

  place(pod: PodFacts, node: string): void {
    this.snapshot.place(pod, node);
  }

  displace(pod: PodFacts, node: string): void {
    this.snapshot.displace(pod, node);
  }

  /** The snapshot is as it was. */
  release(): void {
    for (const { pod, node } of this.#bindings) this.displace(pod, node);
  }
}

/** A snapshot with preemptions that are assumed to be made: pods are nominated, budgets have given what they can spare. */
export class EvictingState implements Snapshot {
  readonly nominations: ChangedNominations;
  readonly budgets: SpentBudgets;
  #assumed = 0;

  constructor(readonly before: Snapshot) {
    this.nominations = new ChangedNominations(before.nominations);
    this.budgets = new SpentBudgets(before.budgets);
  }

  get nodes(): readonly NodeFacts[] {
    return this.before.nodes;
  }

  get verdicts(): Snapshot['verdicts'] {
    return this.before.verdicts;
  }

  get policies(): Snapshot['policies'] {
    return this.before.policies;
  }

  get images(): Snapshot['images'] {
    return this.before.images;
  }

  get placed(): Snapshot['placed'] {
    return this.before.placed;
  }

  get volumes(): Volumes {
    return this.before.volumes;
  }

  get assumed(): number {
    return this.#assumed;
  }

  assume({ pod, node, victims, outranked }: AssumedPreemption): void {
    this.#assumed += 1;
    for (const other of outranked) this.nominations.end(other);
    this.nominations.add(pod, node);
    for (const victim of victims) this.budgets.spend(victim);
  }

  place(pod: PodFacts, node: string): void {
    this.before.place(pod, node);
  }

  displace(pod: PodFacts, node: string): void {
    this.before.displace(pod, node);
  }
}
