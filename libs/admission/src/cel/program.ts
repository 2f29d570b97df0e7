import { type Environment, EvaluationError, ParseError, type ParseResult, TypeError } from '@marcbachmann/cel-js';
import { CelError } from './functions/texts';
import { Meter, meter, OVER_BUDGET, type CostBudget } from './runtime-cost';

/** A rule or message that was compiled: it answers a value of CEL, or what went wrong. */
export interface CelProgram {
  readonly source: string;
  readonly ast: ParseResult['ast'];
  /** The variables, fields and functions that it names. */
  readonly names: ReadonlySet<string>;
  /** Of the value that it comes to, as the library calls it: `bool`, `string`, `dyn`. */
  readonly type: string;
  run(variables: Record<string, unknown>, budget: CostBudget): unknown;
  /** For an expression that another one needs while it is evaluated: what it costs is a part of what that one does. */
  runWithin(variables: Record<string, unknown>): unknown;
}

/** What is wrong with an expression, as cel-go shows it. */
export interface CelFault {
  readonly fault: string;
}

const shared = new Meter();

/** What a function costs beyond the size of its operands; called while an expression is evaluated. */
export function spendOnFunction(cost: number): void {
  shared.spend(cost);
}

/** Compiles an expression in an environment. */
export function compileCel(env: Environment, source: string): CelProgram | CelFault {
  try {
    const parsed = env.parse(source);
    const names = namesIn(parsed.ast);
    const { valid, type = 'dyn', error } = parsed.check();
    if (!valid) return { fault: errorText(source, error) };
    meter(parsed.ast, { spend: (cost) => shared.spend(cost) });
    const run: CelProgram['run'] = (variables, budget) => shared.within(budget, () => parsed(variables) as unknown);
    const runWithin: CelProgram['runWithin'] = (variables) => parsed(variables) as unknown;
    return { source, ast: parsed.ast, names, type, run, runWithin };
  } catch (error) {
    if (error instanceof ParseError || error instanceof TypeError || error instanceof EvaluationError) {
      return { fault: errorText(source, error) };
    }
    // The library refuses some ill-formed macros with errors of its own; whatever it is, the expression is no rule.
    return { fault: located(source, 0, error instanceof Error ? error.message : String(error)) };
  }
}

/** Before it was checked an expression is a tree of operators and their operands, and nothing else. */
function namesIn(root: ParseResult['ast']): Set<string> {
  const found = new Set<string>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(visit);
    if (typeof value !== 'object' || value === null || !('op' in value)) return;
    const { op, args } = value as ParseResult['ast'];
    if (op === 'id') found.add(args);
    else visit(args);
  };
  visit(root);
  return found;
}

function errorText(source: string, error: ParseError | TypeError | EvaluationError | undefined): string {
  const { code = '', summary = 'invalid expression', range } = error ?? {};
  return located(source, range?.start ?? 0, wording(code, summary));
}

/** Of the library's errors, those that people look for are called as cel-go calls them. */
function wording(code: string, summary: string): string {
  const [, name = ''] = /: (.*)$/s.exec(summary) ?? [];
  switch (code) {
    case 'unknown_variable':
      return `undeclared reference to '${name}' (in container '')`;
    case 'no_such_key':
      return `undefined field '${name}'`;
    case 'unexpected_token':
    case 'expected_token':
      return `Syntax error: ${summary}`;
    default:
      return summary.startsWith('no such overload: ') ? `found no matching overload for '${name}'` : summary;
  }
}

const LONGEST_LINE = 1_000;

function located(source: string, start: number, text: string): string {
  const before = source.slice(0, start).split('\n');
  const column = before.at(-1)?.length ?? 0;
  const line = source.split('\n')[before.length - 1] ?? '';
  const excerpt = line.length > LONGEST_LINE ? '' : `\n | ${line}\n | ${'.'.repeat(column)}^`;
  return `ERROR: <input>:${before.length}:${column + 1}: ${text}${excerpt}`;
}

/** What went wrong when an expression was evaluated, in the words of cel-go; whatever was thrown. */
export function evaluationText(error: unknown): {
  readonly text: string;
  readonly kind: 'cost' | 'overload' | 'other';
} {
  if (error === OVER_BUDGET) return { text: OVER_BUDGET.message, kind: 'cost' };
  if (error instanceof EvaluationError) {
    const { code, summary } = error;
    if (code === 'no_such_overload' || code === 'no_matching_overload')
      return { text: 'no such overload', kind: 'overload' };
    if (code === 'no_such_key') return { text: summary.replace(/^No such key/, 'no such key'), kind: 'other' };
    return { text: summary.replace(/^No such key: index/, 'index'), kind: 'other' };
  }
  const known = error instanceof CelError || error instanceof Error;
  return { text: known ? error.message : String(error), kind: 'other' };
}
