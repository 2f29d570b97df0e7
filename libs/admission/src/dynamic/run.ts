import {
  WARNINGS,
  type KubeObject,
  type KubeStatus,
  type ResourceVersion,
  type WebhookAnswer,
} from '@shiplog/contracts';
import { ok, type Result, statusOf } from '@shiplog/apimachinery';
import type { CostBudget } from '../cel/runtime-cost';
import type { ReadonlyCluster } from '../context';
import type { AdmissionAttributes } from './attributes';
import { rulesOf } from '../kinds';
import type { Readmit } from './mutation';
import { Mutating } from './mutating';
import { isAnswerTo, type AnsweredQuestion, type WebhookQuestion } from './webhooks/question';
import { validateByWebhooks } from './webhooks/validating';
import { matchedVersion, type MatchCriteria } from './matching';
import { validateByPolicies } from './policies/validating';
import { RequestView } from './policies/request-view';
import type { RequestFacts } from './request';

/** Of all expressions for one command: what is beyond is answered as a policy that can't be asked. */
const COMMAND_COST = 10_000_000;
const NOTHING: ReadonlyMap<string, AnsweredQuestion> = new Map();

/** What the cluster's own policies and webhooks say of one command: asked where it is decided, noted for its answer and its events. */
export class AdmissionRun {
  readonly #questions: WebhookQuestion[] = [];
  readonly #answered: AnsweredQuestion[] = [];
  readonly #annotations = new Map<string, string>();
  readonly #views = new WeakMap<AdmissionAttributes, Map<ResourceVersion, RequestView>>();
  readonly #left: CostBudget = { left: COMMAND_COST };

  constructor(
    readonly cluster: ReadonlyCluster,
    private readonly facts: RequestFacts,
    /** Collects what the sender should be told. */
    private readonly warnings: string[],
    /** By their keys, answers to questions of this command. */
    private readonly answers: ReadonlyMap<string, AnsweredQuestion> = NOTHING,
  ) {}

  /** By their keys, what policies and webhooks noted of the request. */
  get annotations(): ReadonlyMap<string, string> {
    return this.#annotations;
  }

  /** What webhooks have to be asked before the command can be decided. */
  get questions(): readonly WebhookQuestion[] {
    return this.#questions;
  }

  /** What webhooks have answered of what was asked: it led to the decision. */
  get answered(): readonly AnsweredQuestion[] {
    return this.#answered;
  }

  /** The stand-in for an answer as long as there are questions: nobody sees it. */
  get pending(): KubeStatus | undefined {
    return this.#questions.length === 0 ? undefined : statusOf.internal('webhooks have to be asked first');
  }

  /** The answer to a question, if it was asked already; otherwise it is noted as one. */
  answerTo(question: WebhookQuestion): WebhookAnswer | undefined {
    const known = this.answers.get(question.key);
    if (known === undefined || !isAnswerTo(known, question)) {
      this.#questions.push(question);
      return undefined;
    }
    const { answer } = known;
    this.#answered.push(known);
    if ('failure' in answer) return answer;
    for (const text of answer.warnings ?? []) this.warn(text);
    const annotations = Object.entries(answer.auditAnnotations ?? {});
    this.annotate(Object.fromEntries(annotations.map(([key, value]) => [`${question.webhook}/${key}`, value])));
    return answer;
  }

  /**
   * The object of a request as what mutates it leaves it; the same one where nothing changes it. `readmit` has the cluster's own rules
   * look at it again, after which those are asked once more who want to be.
   */
  mutate(attributes: AdmissionAttributes, readmit: Readmit): Result<KubeObject | undefined> {
    const hooks = this.cluster.admissionHooks().for(attributes.row);
    if (hooks === undefined) return ok(attributes.object);
    return new Mutating(hooks, this).object(attributes, readmit);
  }

  /**
   * Whether a request may be carried out that makes or changes no object of the log as such: a deletion, a binding, an eviction. What
   * mutates is asked as well; what it would make of a Binding or an Eviction is not heeded.
   */
  review(attributes: AdmissionAttributes): KubeStatus | undefined {
    const mutated = this.mutate(attributes, ok);
    return mutated.ok ? this.validate(attributes) : mutated.status;
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
    return (
      validateByPolicies(hooks.validatingPolicies, attributes, this) ??
      validateByWebhooks(hooks.validatingWebhooks, attributes, this)
    );
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
    if (this.warnings.length < WARNINGS && !this.warnings.includes(text)) this.warnings.push(text);
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
