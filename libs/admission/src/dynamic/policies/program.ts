import type { Environment } from '@marcbachmann/cel-js';
import type { MatchCondition, Variable } from '@shiplog/contracts';
import { compileExpression, evaluate, type Expression, type Outcome } from '../../cel/policies/expressions';
import { type DeclaredVariables, policyEnvironment } from '../../cel/policies/environment';
import type { CostBudget } from '../../cel/runtime-cost';
import { CEL_OPTIONS } from '../../cel/environment';
import { toCel } from '../../cel/policies/values';
import type { RequestView } from './request-view';

/** A variable of a policy: evaluated when the first expression asks for it. */
interface DeclaredVariable {
  readonly name: string;
  readonly expression: Expression;
}

const PLAIN_TYPES = new Set(['bool', 'int', 'uint', 'double', 'string', 'bytes']);

/** The expressions of one policy: what they may name, and what their variables come to. */
export class PolicyProgram {
  readonly #variables: DeclaredVariable[] = [];
  readonly #environments = new Map<boolean, Environment>();
  readonly #Variables = class Variables {};

  /** @param hasParams whether the policy names a kind of parameters */
  constructor(
    variables: readonly Variable[],
    private readonly hasParams: boolean,
  ) {
    const fields = new Map<string, string>();
    for (const { name, expression } of variables) {
      const compiled = compileExpression(
        this.#environmentOf({ params: hasParams, authorizer: true }, fields),
        expression,
      );
      this.#variables.push({ name, expression: compiled });
      fields.set(name, 'fault' in compiled.program ? 'dyn' : declaredType(compiled.program.type));
    }
    for (const authorizer of [true, false]) {
      this.#environments.set(authorizer, this.#environmentOf({ params: hasParams, authorizer }, fields));
    }
  }

  /** @param authorizer whether the expression may ask for rights: those of messages and annotations may not */
  compile(source: string, types?: readonly string[], authorizer = true): Expression {
    return compileExpression(this.#environments.get(authorizer)!, source, types);
  }

  get variables(): readonly DeclaredVariable[] {
    return this.#variables;
  }

  /** Evaluates expressions for one request and one object of parameters. */
  evaluation(view: RequestView, params: unknown, budget: CostBudget): PolicyEvaluation {
    const values = new this.#Variables();
    const evaluation = new PolicyEvaluation(view, this.hasParams ? toCel(params ?? null) : undefined, values, budget);
    for (const { name, expression } of this.#variables)
      defineLazily(values, name, () => evaluation.valueOf(expression));
    return evaluation;
  }

  #environmentOf(declared: DeclaredVariables, fields: ReadonlyMap<string, string>): Environment {
    const env = policyEnvironment(declared).clone(CEL_OPTIONS);
    env.registerType('kubernetes.Variables', { ctor: this.#Variables, fields: Object.fromEntries(fields) });
    env.registerVariable('variables', 'kubernetes.Variables');
    return env;
  }
}

/** Of what is not a plain value, nothing is known before it is there. */
function declaredType(type: string): string {
  return PLAIN_TYPES.has(type) || type.startsWith('kubernetes.') || type.startsWith('net.') ? type : 'dyn';
}

/** A field that is made when it is first read: its value, or what was thrown then. */
function defineLazily(object: object, name: string, make: () => unknown): void {
  let made: { value: unknown } | { error: unknown } | undefined;
  const get = (): unknown => {
    if (made === undefined) {
      try {
        made = { value: make() };
      } catch (error) {
        made = { error };
      }
    }
    if ('error' in made) throw made.error;
    return made.value;
  };
  Object.defineProperty(object, name, { enumerable: true, get });
}

/** One request, one object of parameters, one budget. */
export class PolicyEvaluation {
  constructor(
    private readonly view: RequestView,
    private readonly params: unknown,
    private readonly variables: object,
    private readonly budget: CostBudget,
  ) {}

  evaluate(expression: Expression): Outcome {
    return evaluate(expression, this.#namedBy(expression), this.budget);
  }

  /** For an expression that another one asks for: what it costs is that one's. Throws what evaluation throws. */
  valueOf({ program, source }: Expression): unknown {
    if ('fault' in program) throw new Error(`composited variable fails to compile: ${program.fault}: ${source}`);
    return program.runWithin(this.#namedBy({ program, source }));
  }

  /** Only what the expression names is made. */
  #namedBy({ program }: Expression): Record<string, unknown> {
    const { view } = this;
    const named: Record<string, unknown> = {};
    if ('fault' in program) return named;
    const { names } = program;
    if (names.has('object')) named['object'] = view.object;
    if (names.has('oldObject')) named['oldObject'] = view.oldObject;
    if (names.has('request')) named['request'] = view.request;
    if (names.has('namespaceObject')) named['namespaceObject'] = view.namespaceObject;
    if (names.has('authorizer')) named['authorizer'] = view.authorizer;
    if (names.has('params')) named['params'] = this.params;
    if (names.has('variables')) named['variables'] = this.variables;
    return named;
  }
}

/** Whether a request meets conditions, or what kept that from being found out. */
export type Met = { readonly met: boolean } | { readonly error: string };

/** A condition that is not met decides, whatever was wrong with others (matchconditions.Matcher in Kubernetes' apiserver). */
export function meets(conditions: readonly Expression[], evaluation: PolicyEvaluation): Met {
  const errors: string[] = [];
  for (const condition of conditions) {
    const outcome = evaluation.evaluate(condition);
    if (outcome.error !== undefined) errors.push(outcome.error);
    else if (outcome.value !== true) return { met: false };
  }
  if (errors.length === 0) return { met: true };
  return { error: errors.length === 1 ? errors[0]! : `[${errors.join(', ')}]` };
}

/** The expressions of match conditions. */
export function compileConditions(program: PolicyProgram, conditions: readonly MatchCondition[] = []): Expression[] {
  return conditions.map(({ expression }) => program.compile(expression, ['bool']));
}
