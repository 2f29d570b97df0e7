import type { StructuralSchema } from '@shiplog/contracts';
import { goSyntaxOf, prunedBy, type Problems, sameJson } from '@shiplog/apimachinery';
import { rulesBudget, validateRules } from '../cel/evaluate';
import type { CostBudget } from '../cel/runtime-cost';
import { validateEmbedded } from '../custom/embedded';
import { validateListTypes } from '../custom/lists';
import { NOWHERE, validateValue } from '../custom/values';
import { Walk } from '../custom/walk';
import { compiled } from './rules';
import { additionalOf, itemsOf, type SchemaProps } from './types';

/** That each default is what its own schema allows, and holds nothing that would be pruned (defaulting/validation.go). */
export function validateDefaults(schema: SchemaProps, at: string, problems: Problems): void {
  const walk = Walk.start();
  visit(schema, at, { walk, rules: rulesBudget() }, problems);
  if (walk.exhausted) problems.forbidden(at, 'the defaults of the schema take too long to be validated');
}

/** What all defaults of a schema may cost together. */
interface Budgets {
  readonly walk: Walk;
  readonly rules: CostBudget;
}

function visit(schema: SchemaProps, at: string, of: Budgets, problems: Problems): void {
  if (schema.default !== undefined) validateDefault(schema, `${at}.default`, of, problems);
  const items = itemsOf(schema);
  if (items !== undefined) visit(items, `${at}.items`, of, problems);
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    visit(property, `${at}.properties[${name}]`, of, problems);
  }
  const additional = additionalOf(schema);
  if (additional !== undefined) visit(additional, `${at}.additionalProperties`, of, problems);
}

function validateDefault(schema: SchemaProps, at: string, { walk, rules: budget }: Budgets, problems: Problems): void {
  const { default: value } = schema;
  if (!sameJson(prunedBy(schema as StructuralSchema, value), value)) {
    problems.invalid(at, goSyntaxOf(value), 'must not have unknown fields');
  }
  const attempt = walk.aside({ quiet: false });
  validateEmbedded(schema, value, '', attempt);
  validateValue(schema, value, '', attempt);
  validateListTypes(schema, value, '', attempt);
  const rules = attempt.problems.none ? compiled(schema, at, problems) : undefined;
  if (rules !== undefined) validateRules(rules, { value, budget }, attempt.problems);
  problems.take(attempt.problems, (field) => (field === '' || field === NOWHERE ? at : `${at}.${field}`));
}
