import { GoSyntax, type Problems } from '@shiplog/apimachinery';
import { type CompiledRule, type RuleTree, ruleTreeOf } from '../cel/compile';
import { estimateCost } from '../cel/estimate';
import { CelError } from '../cel/functions/texts';
import type { CelProgram } from '../cel/program';
import { itemCount, leastSize, MOST, shapeOf } from '../cel/sizes';
import { additionalOf, itemsOf, type SchemaProps, type ValidationRule } from './types';

const RULES = 'x-kubernetes-validations';
const REASONS = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];

/** What one rule may cost at most, and all of a schema (StaticEstimatedCostLimit, StaticEstimatedCRDCostLimit). */
const RULE_COST = 10_000_000;
const SCHEMA_COST = 100_000_000;
/** The rules that are named when all together cost too much. */
const NAMED = 4;

/** What a rule consists of, before it is looked at as an expression. */
export function validateRuleFields(schema: SchemaProps, at: string, problems: Problems): void {
  schema[RULES]?.forEach((rule, i) => validateFields(schema, rule, `${at}.${RULES}[${i}]`, problems));
  for (const [part, where] of partsOf(schema)) validateRuleFields(part, `${at}.${where}`, problems);
}

function validateFields(schema: SchemaProps, rule: ValidationRule, at: string, problems: Problems): void {
  const { message = '', messageExpression = '', fieldPath = '', reason } = rule;
  const text = rule.rule.trim();
  if (text === '') problems.required(`${at}.rule`, 'rule is not specified');
  else if (message !== '' && message.trim() === '') {
    problems.invalid(`${at}.message`, message, 'message must be non-empty if specified');
  } else if (hasNewlines(message.trim())) {
    problems.invalid(`${at}.message`, message, 'message must not contain line breaks');
  } else if (hasNewlines(text) && message.trim() === '') {
    problems.required(`${at}.message`, 'message must be specified if rule contains line breaks');
  }
  if (messageExpression !== '' && messageExpression.trim() === '') {
    problems.required(`${at}.messageExpression`, 'messageExpression must be non-empty if specified');
  }
  problems.unlessOneOf(`${at}.reason`, reason, REASONS);
  if (fieldPath === '') return;
  if (fieldPath.trim() === '') {
    problems.invalid(`${at}.fieldPath`, fieldPath, 'fieldPath must be non-empty if specified');
  }
  if (hasNewlines(fieldPath)) problems.invalid(`${at}.fieldPath`, fieldPath, 'fieldPath must not contain line breaks');
  const wrong = pathProblem(schema, fieldPath);
  if (wrong !== undefined) problems.invalid(`${at}.fieldPath`, fieldPath, `fieldPath must be a valid path: ${wrong}`);
}

const hasNewlines = (text: string): boolean => /[\n\r]/.test(text);

/** Why a path such as `.a['b']` leads to no field of a schema. */
function pathProblem(schema: SchemaProps, path: string): string | undefined {
  let at: SchemaProps | undefined = schema;
  let rest = path;
  while (rest !== '') {
    const [step, name, quoted] = /^(?:\.([A-Za-z_][\w]*)|\['((?:[^'\\]|\\.)+)'\])/.exec(rest) ?? [];
    if (step === undefined) return `expected [ or . but got: ${rest}`;
    const field: string = name ?? quoted ?? '';
    const properties: Record<string, SchemaProps> = at?.properties ?? {};
    at = Object.hasOwn(properties, field) ? properties[field] : at && additionalOf(at);
    if (at === undefined) return 'does not refer to a valid field';
    rest = rest.slice(step.length);
  }
  return undefined;
}

function partsOf(schema: SchemaProps): [SchemaProps, string][] {
  const parts = Object.entries(schema.properties ?? {}).map(([name, part]): [SchemaProps, string] => [
    part,
    `properties[${name}]`,
  ]);
  const [items, additional] = [itemsOf(schema), additionalOf(schema)];
  if (items !== undefined) parts.push([items, 'items']);
  if (additional !== undefined) parts.push([additional, 'additionalProperties']);
  return parts;
}

/** Compiles the rules of a schema that is sound otherwise, and sees to it that they can't cost too much. */
export function validateRuleExpressions(schema: SchemaProps, at: string, problems: Problems): void {
  const tree = compiled(schema, at, problems);
  if (tree === undefined) return;
  const check = new RuleCheck(problems);
  check.visit(tree, { at, count: 1, isBounded: true });
  check.finish(at);
}

/** The rules of a schema; undefined where there are none, or too many, which is a problem. */
export function compiled(schema: SchemaProps, at: string, problems: Problems): RuleTree | undefined {
  try {
    return ruleTreeOf(schema);
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    problems.forbidden(at, error.message);
    return undefined;
  }
}

/** Where rules stand in a schema, and how often that may come in an object. */
interface Stand {
  readonly at: string;
  readonly count: number;
  readonly isBounded: boolean;
  /** The first list or map above whose items can't be told apart. */
  readonly uncorrelated?: string;
}

class RuleCheck {
  readonly #costs: { readonly at: string; readonly cost: number }[] = [];

  constructor(private readonly problems: Problems) {}

  visit(tree: RuleTree, stand: Stand): void {
    tree.rules.forEach((rule, i) => this.#check(tree, rule, `${stand.at}.${RULES}[${i}]`, stand));
    const { schema, items, additional } = tree;
    const isAtomic = schema['x-kubernetes-map-type'] === 'atomic';
    const below = { ...stand, uncorrelated: stand.uncorrelated ?? (isAtomic ? stand.at : undefined) };
    for (const [name, part] of tree.properties) this.visit(part, { ...below, at: `${stand.at}.properties[${name}]` });
    const many = (keyword: string, limit: number | undefined): Stand => ({
      ...below,
      at: `${stand.at}.${keyword}`,
      count: stand.count * itemCount(schema),
      isBounded: stand.isBounded && limit !== undefined,
    });
    if (additional !== undefined) this.visit(additional, many('additionalProperties', schema.maxProperties));
    if (items === undefined) return;
    const isMap = schema['x-kubernetes-list-type'] === 'map';
    this.visit(items, {
      ...many('items', schema.maxItems),
      uncorrelated: below.uncorrelated ?? (isMap ? undefined : stand.at),
    });
  }

  #check({ schema }: RuleTree, { rule, program, message, usesOldSelf }: CompiledRule, at: string, stand: Stand): void {
    const { problems } = this;
    if ('fault' in program) {
      problems.invalid(`${at}.rule`, shown(rule), `compilation failed: ${program.fault}`);
    } else {
      if (program.type !== 'bool' && program.type !== 'dyn') {
        problems.invalid(`${at}.rule`, shown(rule), 'cel expression must evaluate to a bool');
      }
      this.#weigh(program, schema, `${at}.rule`, 'estimated rule cost', stand);
    }
    if (message !== undefined && 'fault' in message) {
      problems.invalid(
        `${at}.messageExpression`,
        shown(rule),
        `messageExpression compilation failed: ${message.fault}`,
      );
    } else if (message !== undefined) {
      if (message.type !== 'string' && message.type !== 'dyn') {
        problems.invalid(`${at}.messageExpression`, shown(rule), 'messageExpression must evaluate to a string');
      }
      this.#weigh(message, schema, `${at}.messageExpression`, 'estimated messageExpression cost', {
        ...stand,
        count: 1,
        isBounded: true,
      });
    }
    if (usesOldSelf && stand.uncorrelated !== undefined) {
      const detail = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${stand.uncorrelated}`;
      problems.invalid(`${at}.rule`, rule.rule, detail);
    } else if (!usesOldSelf && rule.optionalOldSelf !== undefined) {
      problems.invalid(`${at}.optionalOldSelf`, rule.optionalOldSelf, 'may not be set if oldSelf is not used in rule');
    }
  }

  #weigh(program: CelProgram, schema: SchemaProps, at: string, name: string, { count, isBounded }: Stand): void {
    const shape = shapeOf(schema);
    const times = isBounded ? count : Math.min(count, Math.floor(MOST / leastSize(schema)));
    const cost = estimateCost(program.ast, new Map([['self', shape], ['oldSelf', shape]])) * times; // prettier-ignore
    if (cost > RULE_COST) this.problems.forbidden(at, excess(name, cost / RULE_COST));
    this.#costs.push({ at, cost });
  }

  finish(at: string): void {
    const total = this.#costs.reduce((sum, { cost }) => sum + cost, 0);
    if (total <= SCHEMA_COST) return;
    for (const { at: where } of this.#costs.sort((a, b) => b.cost - a.cost).slice(0, NAMED)) {
      const detail = 'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema';
      this.problems.forbidden(where, detail);
    }
    const name = `${RULES} estimated rule cost total for entire OpenAPIv3 schema`;
    this.problems.forbidden(at, excess(name, total / SCHEMA_COST));
  }
}

function excess(name: string, factor: number): string {
  const times = factor > 100 ? 'more than 100x' : factor < 1.5 ? `${factor.toFixed(6)}x` : `${factor.toFixed(1)}x`;
  return `${name} exceeds budget by factor of ${times} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`;
}

/** A rule as Go shows it. */
function shown({ rule, message = '', messageExpression = '', fieldPath = '' }: ValidationRule): GoSyntax {
  const [r, m, e, p] = [rule, message, messageExpression, fieldPath].map((text) => JSON.stringify(text));
  return new GoSyntax(
    `apiextensions.ValidationRule{Rule:${r}, Message:${m}, MessageExpression:${e}, Reason:(*apiextensions.FieldValueErrorReason)(nil), FieldPath:${p}, OptionalOldSelf:(*bool)(nil)}`,
  );
}
