import type { KubeObject, KubeStatus, ResourceVersion } from '@shiplog/contracts';
import { ok, type Result, sameJson } from '@shiplog/apimachinery';
import type { CostBudget } from '../cel/runtime-cost';
import type { ReadonlyCluster } from '../context';
import type { AdmissionAttributes } from './attributes';
import { rulesOf } from '../kinds';
import { Reinvocation, type Readmit } from './mutation';
import { mutateByPolicies } from './policies/mutating';
import { matchedVersion, type MatchCriteria } from './matching';
import { validateByPolicies } from './policies/validating';
import { RequestView } from './policies/request-view';
import type { RequestFacts } from './request';

/** Of all expressions for one command: what is beyond is answered as a policy that can't be asked. */
const COMMAND_COST = 20_000_000;
/** Warnings that a client is told of, at most. */
const MOST_WARNINGS = 100;

/** What the cluster's own policies and webhooks say of one command: asked where it is decided, noted for its answer and its events. */
export class AdmissionRun {
  readonly #annotations = new Map<string, string>();
  readonly #views = new WeakMap<AdmissionAttributes, Map<ResourceVersion, RequestView>>();
  readonly #left: CostBudget = { left: COMMAND_COST };

  constructor(
    readonly cluster: ReadonlyCluster,
    private readonly facts: RequestFacts,
    /** Collects what the sender should be told. */
    private readonly warnings: string[],
  ) {}

  /** By their keys, what policies and webhooks noted of the request. */
  get annotations(): ReadonlyMap<string, string> {
    return this.#annotations;
  }

  /**
   * The object of a request as what mutates it leaves it; the same one where nothing changes it. `readmit` has the cluster's own rules
   * look at it again, after which those are asked once more who want to be.
   */
  mutate(attributes: AdmissionAttributes, readmit: Readmit): Result<KubeObject | undefined> {
    const hooks = this.cluster.admissionHooks().for(attributes.row);
    if (hooks === undefined || hooks.mutatingPolicies.length === 0) return ok(attributes.object);
    const policies = new Reinvocation();
    const first = mutateByPolicies(hooks.mutatingPolicies, attributes, this, { reinvocation: policies, again: false });
    if (!first.ok) return first;
    const { object } = first.value;
    if (object === undefined || sameJson(object, attributes.object)) return ok(attributes.object);
    policies.finished(object);
    const readmitted = readmit(structuredClone(object));
    if (!readmitted.ok) return readmitted;
    const again = { ...first.value, object: readmitted.value };
    policies.begunAgain(again.object);
    const second = mutateByPolicies(hooks.mutatingPolicies, again, this, { reinvocation: policies, again: true });
    return second.ok ? ok(second.value.object) : second;
  }

  /** With what a new object gets where it says nothing. */
  withDefaults(attributes: AdmissionAttributes): AdmissionAttributes {
    const { row, object, subresource } = attributes;
    if (object !== undefined && subresource === '') rulesOf(row).defaults?.(object);
    return attributes;
  }

  /** Whether a request may be carried out as it is. */
  validate(attributes: AdmissionAttributes): KubeStatus | undefined {
    const hooks = this.cluster.admissionHooks().for(attributes.row);
    if (hooks === undefined) return undefined;
    return validateByPolicies(hooks.validatingPolicies, attributes, this);
  }

  matched(criteria: MatchCriteria, attributes: AdmissionAttributes): ResourceVersion | undefined {
    return matchedVersion(criteria, attributes, this.cluster);
  }

  /** The request as a version shows it: the same for all who ask. */
  view(attributes: AdmissionAttributes, version: ResourceVersion): RequestView {
    let views = this.#views.get(attributes);
    if (views === undefined) this.#views.set(attributes, (views = new Map()));
    let view = views.get(version);
    if (view === undefined) {
      view = new RequestView(attributes, version, this.facts, this.cluster);
      views.set(version, view);
    }
    return view;
  }

  /** A budget of so much, or of what is left for the command. */
  budget(cost: number): CostBudget {
    return new PartOf(this.#left, cost);
  }

  warn(text: string): void {
    if (this.warnings.length < MOST_WARNINGS && !this.warnings.includes(text)) this.warnings.push(text);
  }

  annotate(annotations: Readonly<Record<string, string>>): void {
    for (const [key, value] of Object.entries(annotations))
      if (!this.#annotations.has(key)) this.#annotations.set(key, value);
  }
}

/** What is spent of it is spent of the whole. */
class PartOf implements CostBudget {
  #left: number;

  constructor(
    private readonly whole: CostBudget,
    most: number,
  ) {
    this.#left = Math.min(most, whole.left);
  }

  get left(): number {
    return this.#left;
  }

  set left(left: number) {
    this.whole.left -= this.#left - left;
    this.#left = left;
  }
}
