import { Optional } from '@marcbachmann/cel-js';
import { isJsonObject, ownField, type Problems } from '@shiplog/apimachinery';
import { olderItemOf } from '../custom/correlation';
import { child, NOWHERE } from '../custom/values';
import type { CompiledRule, RuleTree } from './compile';
import { evaluationText } from './program';
import type { CostBudget } from './runtime-cost';

/**
 * Of all rules for one object, and of one expression. Of the latter as much as in Kubernetes (apiserver's apis/cel/config.go); of
 * the former half, as one thread decides for all, and a step takes it up to a quarter of a microsecond.
 */
const OBJECT_COST = 5_000_000;
const CALL_COST = 1_000_000;

const BROKE = 'validation failed due to running out of cost budget, no further validation rules will be run';

/** A value where rules stand, and what it was. */
interface Place {
  readonly at: string;
  readonly value: unknown;
  /** Undefined: there was none, or it can't be told which. */
  readonly before: unknown;
}

/** What the rules for one object may cost. */
export function rulesBudget(): CostBudget {
  return { left: OBJECT_COST };
}

/** Asks the rules of a schema (x-kubernetes-validations) of an object, within what they may cost. */
export function validateRules(
  tree: RuleTree,
  { value, before, budget = rulesBudget() }: { value: unknown; before?: unknown; budget?: CostBudget },
  problems: Problems,
): void {
  new Evaluation(problems, budget).visit(tree, { at: '', value, before });
}

class Evaluation {
  /** Whether there was less for the last expression than one may cost. */
  #wasShort = false;

  constructor(
    private readonly problems: Problems,
    private readonly budget: CostBudget,
  ) {}

  visit(tree: RuleTree, place: Place): void {
    const { value, before } = place;
    const isUnchanged = before !== undefined && value === before;
    if (value === null || value === undefined || (isUnchanged && !tree.hasTransitions) || this.#isOver) return;
    for (const rule of tree.rules) {
      if (rule.usesOldSelf ? before !== undefined || rule.rule.optionalOldSelf === true : !isUnchanged) {
        this.#ask(tree, rule, place);
      }
    }
    if (Array.isArray(value) && tree.items !== undefined) this.#visitItems(tree, tree.items, value, place);
    else if (isJsonObject(value)) this.#visitFields(tree, value, place);
  }

  #visitItems({ schema }: RuleTree, items: RuleTree, list: readonly unknown[], { at, before }: Place): void {
    const older = olderItemOf(schema, before);
    list.forEach((value, i) => {
      const item = older(value);
      this.visit(items, { at: `${at}[${i}]`, value, before: item });
    });
  }

  #visitFields(tree: RuleTree, object: Record<string, unknown>, { at, before }: Place): void {
    const older = isJsonObject(before) && tree.schema['x-kubernetes-map-type'] !== 'atomic' ? before : {};
    const visit = (below: RuleTree, name: string): void =>
      this.visit(below, { at: child(at, name), value: object[name], before: ownField(older, name) });
    for (const [name, below] of tree.properties) if (Object.hasOwn(object, name)) visit(below, name);
    if (tree.additional !== undefined) for (const name of Object.keys(object)) visit(tree.additional, name);
  }

  get #isOver(): boolean {
    return this.budget.left < 0;
  }

  #ask(tree: RuleTree, compiled: CompiledRule, place: Place): void {
    const { rule, program } = compiled;
    const at = place.at === '' ? NOWHERE : place.at;
    if ('fault' in program || this.#isOver) return;
    const variables = variablesOf(tree, rule.optionalOldSelf === true, place);
    const outcome = this.#spend((budget) => program.run(variables, budget));
    if ('error' in outcome) {
      const isBroke = this.#isOver && this.#wasShort;
      return this.problems.invalid(at, tree.schema.type, isBroke ? BROKE : failureText(outcome.error, program.source));
    }
    if (outcome.value === true) return;
    this.#refuse(tree, rule, `${at}${(rule.fieldPath ?? '').trim()}`, this.#messageOf(compiled, variables));
  }

  /** Within what one expression may cost, and what is left for the object. One that costs more is the last one. */
  #spend(run: (budget: CostBudget) => unknown): { readonly value: unknown } | { readonly error: unknown } {
    this.#wasShort = this.budget.left < CALL_COST;
    const most = Math.min(CALL_COST, this.budget.left);
    const budget = { left: most };
    try {
      return { value: run(budget) };
    } catch (error) {
      return { error };
    } finally {
      this.budget.left = budget.left < 0 ? -1 : this.budget.left - (most - budget.left);
    }
  }

  #messageOf({ rule, message }: CompiledRule, variables: Record<string, unknown>): string {
    const { message: text = '' } = rule;
    const fallback = text === '' ? `failed rule: ${rule.rule.trim()}` : text;
    if (message === undefined || 'fault' in message) return fallback;
    const outcome = this.#spend((budget) => message.run(variables, budget));
    const made = 'value' in outcome && typeof outcome.value === 'string' ? outcome.value.trim() : '';
    return made === '' || made.includes('\n') || Buffer.byteLength(made) > LONGEST_MESSAGE ? fallback : made;
  }

  #refuse({ schema }: RuleTree, { reason }: CompiledRule['rule'], at: string, message: string): void {
    const where = at.startsWith(`${NOWHERE}.`) ? at.slice(NOWHERE.length + 1) : at;
    switch (reason) {
      case 'FieldValueForbidden':
        return this.problems.forbidden(where, message);
      case 'FieldValueRequired':
        return this.problems.required(where, message);
      case 'FieldValueDuplicate':
        return this.problems.duplicate(where, schema.type);
      default:
        return this.problems.invalid(where, schema.type, message);
    }
  }
}

const LONGEST_MESSAGE = 5_120;

function variablesOf({ type }: RuleTree, isOptional: boolean, { value, before }: Place): Record<string, unknown> {
  const oldSelf = before === undefined ? undefined : type?.convert(before);
  const self = type?.convert(value);
  if (isOptional) return { self, oldSelf: oldSelf === undefined ? Optional.none() : Optional.of(oldSelf) };
  return oldSelf === undefined ? { self } : { self, oldSelf };
}

function failureText(error: unknown, source: string): string {
  const { text, kind } = evaluationText(error);
  const rule = source.trim();
  switch (kind) {
    case 'overload':
      return `'${text}': call arguments did not match a supported operator, function or macro signature for rule: ${rule}`;
    case 'cost':
      return `'${text}': no further validation rules will be run due to call cost exceeds limit for rule: ${rule}`;
    case 'other':
      return `${text} evaluating rule: ${rule}`;
  }
}
