import { isJsonObject, ownField } from './json-object';

/** Values that one evaluation may come by: what a cell of a table can show is far less. */
const VISITS = 20_000;

type Step =
  | { readonly kind: 'fields'; readonly names: readonly string[] }
  | { readonly kind: 'indices'; readonly indices: readonly number[] }
  | { readonly kind: 'slice'; readonly from?: number; readonly to?: number; readonly by: number }
  | { readonly kind: 'all' }
  | { readonly kind: 'descend' }
  | { readonly kind: 'filter'; readonly left: Operand; readonly op: string; readonly right: Operand | undefined };

/** A path from the item, or a literal. */
type Operand = { readonly path: readonly Step[] } | { readonly literal: unknown };

/** A path into JSON, ready to be followed. */
export type JsonPath = readonly Step[];

/**
 * Reads a path as kubectl and printer columns have them (client-go's util/jsonpath), without the braces: `.spec.a`, `['a.b']`, `.a\.b`,
 * `[0]`, `[-1]`, `[1:3]`, `[*]`, `..name`, `['a','b']`, `[?(@.type=="Ready")].status`. Undefined for anything else.
 */
export function parseJsonPath(text: string): JsonPath | undefined {
  const reader = new Reader(text);
  const steps = reader.path();
  return steps === undefined || !reader.atEnd ? undefined : steps;
}

/** The values that a path leads to, in order; steps that lead nowhere lead to none. */
export function followJsonPath(path: JsonPath, root: unknown): unknown[] {
  return follow(path, [root], { left: VISITS });
}

/** Reads from the front of a text. */
class Reader {
  #at = 0;

  constructor(private readonly text: string) {}

  get atEnd(): boolean {
    return this.#at >= this.text.length;
  }

  /** Whatever matches here; its first group, if it has any. */
  #take(form: RegExp): string | undefined {
    form.lastIndex = this.#at;
    const found = form.exec(this.text);
    if (found === null) return undefined;
    this.#at = form.lastIndex;
    return found[1] ?? found[0];
  }

  /** Up to where no step begins. */
  path(): Step[] | undefined {
    const steps: Step[] = [];
    for (;;) {
      const next = this.text[this.#at];
      if (next !== '.' && next !== '[') return steps;
      const step = next === '[' ? this.#bracket() : this.#dotted(steps);
      if (step === undefined) return undefined;
      if (step !== 'none') steps.push(step);
    }
  }

  #dotted(steps: Step[]): Step | 'none' | undefined {
    if (this.#take(/\.\./y) !== undefined) steps.push({ kind: 'descend' });
    else this.#take(/\./y);
    if (this.#take(/\*/y) !== undefined) return { kind: 'all' };
    const name = this.#take(/(?:\\.|[^.[\]\\\s()=!<>,'"{}|&])+/y);
    if (name !== undefined) return { kind: 'fields', names: [name.replace(/\\(.)/g, '$1')] };
    // A dot before a bracket, or alone, means what is there.
    return this.atEnd || this.text[this.#at] === '[' ? 'none' : undefined;
  }

  #bracket(): Step | undefined {
    this.#take(/\[\s*/y);
    const step = this.#take(/\*/y) !== undefined ? ({ kind: 'all' } as const) : this.#inBracket();
    return step !== undefined && this.#take(/\s*\]/y) !== undefined ? step : undefined;
  }

  #inBracket(): Step | undefined {
    if (this.#take(/\?\(\s*/y) !== undefined) return this.#filter();
    const names = this.#list(() => this.#quoted());
    if (names.length > 0) return { kind: 'fields', names };
    const slice = this.#take(/-?\d*:-?\d*(?::\d*)?/y);
    if (slice !== undefined) {
      const [from, to, by] = slice.split(':').map((part) => (part === '' ? undefined : Number(part)));
      return by === 0 ? undefined : { kind: 'slice', from, to, by: by ?? 1 };
    }
    const indices = this.#list(() => this.#take(/-?\d+/y)).map(Number);
    if (indices.length > 0) return { kind: 'indices', indices };
    const name = this.#take(/(?:\\.|[^\]\\'",])+/y);
    return name === undefined ? undefined : { kind: 'fields', names: [name.trim()] };
  }

  /** Items with commas between; from an item that is none the reader goes back to the first. */
  #list(item: () => string | undefined): string[] {
    const start = this.#at;
    const items: string[] = [];
    do {
      const next = item();
      if (next === undefined) break;
      items.push(next);
    } while (this.#take(/\s*,\s*/y) !== undefined);
    if (items.length > 0 && this.text[this.#at] === ':') {
      this.#at = start;
      return [];
    }
    return items;
  }

  #quoted(): string | undefined {
    const text = this.#take(/'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"/y);
    return text?.slice(1, -1).replace(/\\(.)/g, '$1');
  }

  #filter(): Step | undefined {
    const left = this.#operand();
    const op = this.#take(/\s*(==|!=|<=|>=|<|>)\s*/y) ?? 'exists';
    const right = op === 'exists' ? undefined : this.#operand();
    if (left === undefined || (op !== 'exists' && right === undefined)) return undefined;
    return this.#take(/\s*\)/y) === undefined ? undefined : { kind: 'filter', left, op, right };
  }

  #operand(): Operand | undefined {
    if (this.#take(/@/y) !== undefined) {
      const path = this.path();
      return path && { path };
    }
    const text = this.#quoted();
    if (text !== undefined) return { literal: text };
    const word = this.#take(/-?\d+(?:\.\d+)?|true|false/y);
    return word === undefined ? undefined : { literal: JSON.parse(word) as unknown };
  }
}

interface Budget {
  left: number;
}

function follow(path: JsonPath, from: readonly unknown[], budget: Budget): unknown[] {
  let values = [...from];
  for (const step of path) {
    const next: unknown[] = [];
    for (const value of values) {
      for (const found of stepFrom(step, value, budget)) {
        if (--budget.left < 0) return [];
        next.push(found);
      }
    }
    values = next;
  }
  return values;
}

function stepFrom(step: Step, value: unknown, budget: Budget): Iterable<unknown> {
  switch (step.kind) {
    case 'fields':
      return isJsonObject(value) ? step.names.map((name) => ownField(value, name)).filter(isThere) : [];
    case 'all':
      return childrenOf(value);
    case 'descend':
      return descendants(value, budget);
    case 'indices':
      return Array.isArray(value) ? step.indices.map((index) => value.at(index) as unknown).filter(isThere) : [];
    case 'slice':
      return Array.isArray(value) ? value.slice(step.from, step.to).filter((_, i) => i % step.by === 0) : [];
    case 'filter':
      return childrenOf(value).filter((item) => holds(step, item, budget));
  }
}

const isThere = (value: unknown): boolean => value !== undefined;

function childrenOf(value: unknown): unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value) : [];
}

function* descendants(value: unknown, budget: Budget): Iterable<unknown> {
  if (typeof value !== 'object' || value === null || --budget.left < 0) return;
  yield value;
  for (const item of Object.values(value)) yield* descendants(item, budget);
}

function holds({ left, op, right }: Step & { kind: 'filter' }, item: unknown, budget: Budget): boolean {
  const [a] = valuesOf(left, item, budget);
  if (right === undefined) return a !== undefined;
  const [b] = valuesOf(right, item, budget);
  if (a === undefined || b === undefined) return false;
  switch (op) {
    case '==':
      return a === b;
    case '!=':
      return a !== b;
    default:
      return isOrdered(op, a, b);
  }
}

function isOrdered(op: string, a: unknown, b: unknown): boolean {
  if (typeof a !== typeof b || (typeof a !== 'number' && typeof a !== 'string')) return false;
  const [x, y] = [a, b as typeof a];
  switch (op) {
    case '<':
      return x < y;
    case '<=':
      return x <= y;
    case '>':
      return x > y;
    default:
      return x >= y;
  }
}

function valuesOf(operand: Operand, item: unknown, budget: Budget): unknown[] {
  return 'literal' in operand ? [operand.literal] : follow(operand.path, [item], budget);
}
