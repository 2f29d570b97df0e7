import type { ASTNode } from '@marcbachmann/cel-js';
import { patternOf } from '../custom/patterns';
import { CelError, matches } from './functions/texts';

/** What expressions may still cost: one of them, and all that are evaluated for one object. */
export interface CostBudget {
  left: number;
}

/** Of the cost of an expression there is no more. The same for all: an expression that is stopped throws it again and again. */
export const OVER_BUDGET = new CelError('operation cancelled: actual cost limit exceeded');

type Evaluate = (evaluator: unknown, node: unknown, context: unknown) => unknown;

/**
 * How the library evaluates a node: by its operator, by another node in its place, or by a macro. This is not in its types, which is
 * why its version is pinned; a spec holds on to that loops are stopped.
 */
interface Evaluated {
  evaluate: Evaluate;
  handle?: (...operands: unknown[]) => unknown;
  readonly meta: {
    readonly evaluate: Evaluate;
    readonly alternate?: { evaluate: Evaluate };
    readonly macro?: { evaluate: Evaluate };
  };
}

type Node = ASTNode & Evaluated;

/** Spends from a budget; throws when there is nothing left. */
export class Meter {
  #budget: CostBudget = { left: 0 };

  /** Runs with a budget, which is what is left afterwards; an expression may come to be evaluated while another one is. */
  within<T>(budget: CostBudget, run: () => T): T {
    const outer = this.#budget;
    this.#budget = budget;
    try {
      return run();
    } finally {
      this.#budget = outer;
    }
  }

  spend(cost: number): void {
    this.#budget.left -= cost;
    if (this.#budget.left < 0) throw OVER_BUDGET;
  }
}

/**
 * Makes each node of a checked expression spend what it costs, also within the loops that macros become: a step for itself, and
 * for an operator or function a step for every ten characters or item of its operands (cel-go's factors, near enough).
 */
export function meter(root: ASTNode, { spend }: { spend: (cost: number) => void }): void {
  const seen = new Set<object>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || seen.has(value)) return;
    seen.add(value);
    if (Array.isArray(value)) return value.forEach(visit);
    if (isNode(value)) {
      instrument(value, spend);
      return [value.args, value.meta.alternate, value.meta.macro].forEach(visit);
    }
    // The parts of a macro: what it goes through, what it does each time.
    if (Object.getPrototypeOf(value) === Object.prototype) Object.values(value).forEach(visit);
  };
  visit(root);
}

function isNode(value: object): value is Node {
  return 'op' in value && 'meta' in value && 'evaluate' in value;
}

function instrument(node: Node, spend: (cost: number) => void): void {
  const { alternate, macro, evaluate } = node.meta;
  const stand = alternate ?? macro;
  node.evaluate = (evaluator, _node, context) => {
    spend(1);
    return stand === undefined ? evaluate(evaluator, node, context) : stand.evaluate(evaluator, stand, context);
  };
  const { handle } = node;
  if (handle === undefined || !hasOperands(node)) return;
  const name = node.op === 'call' || node.op === 'rcall' ? node.args[0] : '';
  const isMatch = node.op === 'rcall' && name === 'matches';
  node.handle = (...operands) => {
    const [first, second] = operands;
    spend(costOf(first) + (name === '' ? costOf(second) : productCost(name, first)));
    // The library would take JavaScript's own expressions, which may never end.
    if (isMatch && isTexts(first)) return matches(first[0], first[1]);
    return handle.apply(node, operands);
  };
}

/** Operators and functions that go through what they are given. */
function hasOperands({ op }: ASTNode): boolean {
  return op === 'call' || op === 'rcall' || ['==', '!=', '+', 'in', '<', '<=', '>', '>='].includes(op);
}

/** Of functions whose work, or whose result, is as large as one operand times another. */
function productCost(name: string, operands: unknown): number {
  if (!Array.isArray(operands)) return 0;
  const [a, b, c] = (operands as unknown[]).map(lengthOf);
  switch (name) {
    case 'replace':
      return ((a ?? 0) / Math.max(b ?? 0, 1) + 1) * ((c ?? 0) / 10);
    case 'join':
      return ((a ?? 0) * (b ?? 0)) / 10;
    case 'matches':
    case 'find':
    case 'findAll':
      return ((a ?? 0) * patternSize(operands[1])) / 100;
    case 'contains':
    case 'equivalent':
    case 'intersects':
      return (a ?? 0) === 0 ? (b ?? 0) * (c ?? 0) : 0;
    default:
      return 0;
  }
}

function lengthOf(value: unknown): number {
  return typeof value === 'string' || Array.isArray(value) ? value.length : 0;
}

function patternSize(pattern: unknown): number {
  return typeof pattern === 'string' ? (patternOf(pattern)?.size ?? 0) : 0;
}

function isTexts(operands: unknown): operands is [string, string] {
  return Array.isArray(operands) && operands.length === 2 && operands.every((operand) => typeof operand === 'string');
}

const MOST = 1_000_000;

/** Of a value that is gone through. */
function costOf(value: unknown, left = MOST): number {
  if (typeof value === 'string') return value.length / 10;
  if (typeof value !== 'object' || value === null || left <= 0) return 1;
  if (Array.isArray(value)) {
    let cost = value.length;
    for (const item of value) if (cost < left) cost += costOf(item, left - cost);
    return cost;
  }
  if (value instanceof Map) return costOf([...value.values()], left) + value.size;
  return costOf(Object.values(value), left);
}
