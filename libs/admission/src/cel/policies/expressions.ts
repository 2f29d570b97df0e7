import { compileCel, evaluationText, type CelFault, type CelProgram } from '../program';
import { OVER_BUDGET, type CostBudget } from '../runtime-cost';
import type { Environment } from '@marcbachmann/cel-js';
import { withConstructors } from './constructors';
import { CONSTRUCTED_TYPE } from './mutation-types';

/** Of one expression, as much as in Kubernetes (apiserver's apis/cel/config.go). */
const CALL_COST = 1_000_000;
/** Of all expressions of a policy for one request: half of Kubernetes', as one thread decides for all. */
export const POLICY_COST = 5_000_000;
/** Of all match conditions of a policy or webhook. */
export const CONDITIONS_COST = POLICY_COST / 4;

const BROKE = 'validation failed due to running out of cost budget, no further validation rules will be run';

/** An expression that is asked of requests. */
export interface Expression {
  readonly source: string;
  readonly program: CelProgram | CelFault;
}

/** What an expression came to. `isOver`: there is nothing left for any other one. */
export type Outcome =
  { readonly value: unknown; readonly error?: undefined } | { readonly error: string; readonly isOver: boolean };

/** Compiles an expression that must come to a value of one of some types (or of any, where none are given). */
export function compileExpression(env: Environment, source: string, types: readonly string[] = []): Expression {
  const rewritten = withConstructors(source);
  const compiled = 'fault' in rewritten ? rewritten : compileCel(env, rewritten.source);
  if ('fault' in compiled) return { source, program: { fault: `compilation failed: ${compiled.fault}` } };
  if (types.length === 0 || types.includes(compiled.type)) return { source, program: compiled };
  const fault =
    types.length === 1 || types[0]!.startsWith('list')
      ? `must evaluate to ${goName(types[0]!)}`
      : `must evaluate to one of [${types.map(goName).join(' ')}]`;
  return { source, program: { fault } };
}

/** As cel-go calls a type. */
function goName(type: string): string {
  if (type === CONSTRUCTED_TYPE) return 'Object';
  if (type === `list<${CONSTRUCTED_TYPE}>`) return 'list(JSONPatch)';
  return type === 'null' ? 'null_type' : type;
}

/** Evaluates an expression within what it may cost and what is left of a budget. Never throws. */
export function evaluate(
  { source, program }: Expression,
  variables: Record<string, unknown>,
  budget: CostBudget,
): Outcome {
  if ('fault' in program) return { error: `compilation error: ${program.fault}`, isOver: false };
  const most = Math.min(CALL_COST, budget.left);
  const call = { left: most };
  try {
    return { value: program.run(variables, call) };
  } catch (error) {
    const isOver = error === OVER_BUDGET && most < CALL_COST;
    return {
      error: isOver ? BROKE : `expression '${source}' resulted in error: ${evaluationText(error).text}`,
      isOver,
    };
  } finally {
    budget.left -= most - Math.max(call.left, 0);
  }
}
