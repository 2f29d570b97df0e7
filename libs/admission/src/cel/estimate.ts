import type { ASTNode } from '@marcbachmann/cel-js';
import { MOST, SCALAR, type Shape, UNKNOWN } from './sizes';

/** What an expression costs at most, and how large its value is. */
interface Estimate {
  readonly cost: number;
  readonly shape: Shape;
}

type Variables = ReadonlyMap<string, Shape>;

/** Of going through a text, and through an expression's pattern (cel-go's common.StringTraversalCostFactor and its like). */
const TEXT = 0.1;
const PATTERN = 0.25;
const NEW_LIST = 10;
const NEW_MAP = 30;

/** What the steps of a loop cost beside its body. */
const LOOPS: ReadonlyMap<string, number> = new Map([
  ['all', 4],
  ['exists', 4],
  ['exists_one', 5],
  ['map', NEW_LIST + 3],
  ['filter', NEW_LIST + 4],
]);

/**
 * The most that an expression can cost, by the sizes of what it looks at: cel-go's estimate, in which each step is 1 and loops
 * multiply. An approximation of the same orders of magnitude; what is in fact spent is counted when a rule is asked.
 */
export function estimateCost(root: ASTNode, variables: Variables): number {
  return estimate(root, variables).cost;
}

function estimate(node: ASTNode, variables: Variables): Estimate {
  const of = (part: ASTNode): Estimate => estimate(part, variables);
  switch (node.op) {
    case 'value':
      return { cost: 0, shape: typeof node.args === 'string' ? { max: node.args.length } : SCALAR };
    case 'id':
      return { cost: 1, shape: variables.get(node.args) ?? UNKNOWN };
    case '.':
    case '.?': {
      const { cost, shape } = of(node.args[0]);
      return { cost: cost + 1, shape: shape.field?.(node.args[1]) ?? UNKNOWN };
    }
    case '[]':
    case '[?]': {
      const [whole, index] = node.args.map(of) as [Estimate, Estimate];
      return { cost: whole.cost + index.cost + 1, shape: whole.shape.elem ?? UNKNOWN };
    }
    case '!_':
    case '-_':
      return { cost: of(node.args).cost + 1, shape: SCALAR };
    case '?:': {
      const [condition, yes, no] = node.args.map(of) as [Estimate, Estimate, Estimate];
      return { cost: condition.cost + Math.max(yes.cost, no.cost), shape: larger(yes.shape, no.shape) };
    }
    case 'list': {
      const items = node.args.map(of);
      return {
        cost: NEW_LIST + sum(items),
        shape: { max: items.length, elem: items.map(({ shape }) => shape).reduce(larger, SCALAR) },
      };
    }
    case 'map': {
      const entries = node.args.flatMap((entry) => entry.map(of));
      return {
        cost: NEW_MAP + sum(entries),
        shape: { max: node.args.length, elem: entries.map(({ shape }) => shape).reduce(larger, SCALAR) },
      };
    }
    case 'call':
      return called(node.args[0], node.args[1].map(of));
    case 'rcall':
      return estimateMethod(node.args, variables);
    default:
      return binary(node.op, node.args.map(of) as [Estimate, Estimate]);
  }
}

function binary(op: string, [left, right]: [Estimate, Estimate]): Estimate {
  const cost = left.cost + right.cost;
  const [a, b] = [left.shape.max, right.shape.max];
  switch (op) {
    case '&&':
    case '||':
      return { cost, shape: SCALAR };
    case '==':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return { cost: cost + Math.ceil(TEXT * Math.min(a, b)), shape: SCALAR };
    case '+':
      return { cost: cost + Math.ceil(TEXT * (a + b)), shape: { ...larger(left.shape, right.shape), max: a + b } };
    case 'in':
      return { cost: cost + (right.shape.key === undefined ? b : 1), shape: SCALAR };
    default:
      return { cost: cost + 1, shape: SCALAR };
  }
}

function estimateMethod([name, receiver, args]: [string, ASTNode, ASTNode[]], variables: Variables): Estimate {
  const step = LOOPS.get(name);
  const [first, second, third] = args;
  if (step !== undefined && first?.op === 'id' && second !== undefined) {
    return loop(
      { name, step, variable: first.args, bodies: third === undefined ? [second] : [second, third] },
      receiver,
      variables,
    );
  }
  if (name === 'bind' && first?.op === 'id' && second !== undefined && third !== undefined) {
    const value = estimate(second, variables);
    const body = estimate(third, new Map(variables).set(first.args, value.shape));
    return { cost: value.cost + body.cost + NEW_LIST + 1, shape: body.shape };
  }
  return called(
    name,
    [receiver, ...args].map((part) => estimate(part, variables)),
  );
}

interface Loop {
  readonly name: string;
  readonly step: number;
  readonly variable: string;
  /** The predicate, the transformation, or both. */
  readonly bodies: readonly ASTNode[];
}

function loop({ name, step, variable, bodies }: Loop, range: ASTNode, variables: Variables): Estimate {
  const over = estimate(range, variables);
  const item = over.shape.key ?? over.shape.elem ?? UNKNOWN;
  const inner = new Map(variables).set(variable, item);
  const parts = bodies.map((body) => estimate(body, inner));
  const cost = over.cost + NEW_LIST + over.shape.max * (step + sum(parts));
  if (name === 'map') return { cost, shape: { max: over.shape.max, elem: parts.at(-1)?.shape } };
  return { cost, shape: name === 'filter' ? { max: over.shape.max, elem: item } : SCALAR };
}

const TEXTS_OF_FIRST = new Set([
  'lowerAscii',
  'upperAscii',
  'trim',
  'substring',
  'reverse',
  'string',
  'bytes',
  'charAt',
  'find',
]);

/** A function or method; a method's receiver is its first operand. */
function called(name: string, operands: readonly Estimate[]): Estimate {
  const [a = 1, b = 1, c = 1] = operands.map(({ shape }) => shape.max);
  const first = operands[0]?.shape ?? SCALAR;
  const work = Math.min(workOf(name, a, b, c), Number.MAX_VALUE);
  return { cost: sum(operands) + work, shape: resultOf(name, first, a, c) };
}

function workOf(name: string, a: number, b: number, c: number): number {
  const text = Math.ceil(TEXT * a);
  switch (name) {
    case 'has':
      return 0;
    case 'startsWith':
    case 'endsWith':
      return Math.ceil(TEXT * b);
    case 'contains':
      return text * Math.ceil(TEXT * b);
    case 'matches':
    case 'find':
    case 'findAll':
      return Math.ceil(TEXT * (a + 1)) * Math.ceil(PATTERN * b);
    case 'replace':
      return text * Math.ceil(TEXT * Math.max(b, c));
    case 'isSorted':
    case 'sum':
    case 'min':
    case 'max':
    case 'indexOf':
    case 'lastIndexOf':
      return 1 + a;
    case 'split':
    case 'join':
    case 'format':
    case 'quantity':
    case 'isQuantity':
    case 'url':
    case 'isURL':
    case 'ip':
    case 'isIP':
    case 'cidr':
    case 'isCIDR':
    case 'validate':
      return 1 + text;
    default:
      return TEXTS_OF_FIRST.has(name) ? 1 + text : 1;
  }
}

function resultOf(name: string, first: Shape, a: number, c: number): Shape {
  if (TEXTS_OF_FIRST.has(name)) return { max: a };
  switch (name) {
    case 'replace':
      return { max: Math.min(a * Math.max(c, 1), MOST) };
    case 'split':
    case 'findAll':
      return { max: a, elem: { max: a } };
    case 'join':
    case 'format':
      return { max: Math.min(a * (first.elem?.max ?? 1), MOST) };
    case 'orValue':
    case 'value':
    case 'dyn':
      return first;
    case 'min':
    case 'max':
      return first.elem ?? SCALAR;
    default:
      return SCALAR;
  }
}

function larger(a: Shape, b: Shape): Shape {
  return a.max >= b.max ? a : b;
}

function sum(parts: readonly Estimate[]): number {
  return parts.reduce((total, { cost }) => total + cost, 0);
}
