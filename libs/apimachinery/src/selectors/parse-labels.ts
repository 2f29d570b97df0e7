import { SELECTOR_CHARACTERS, type KubeStatus } from '@shiplog/contracts';
import { type Result, ok, refused } from '../result';
import { statusOf } from '../status';
import { labelValue, qualifiedName } from '../values/names';
import { labelTokens, type Token } from './label-tokens';
import type { LabelTerm } from './labels';

const OPERATORS: ReadonlyMap<Token['kind'], 'in' | 'notIn' | 'gt' | 'lt'> = new Map([
  ['in', 'in'],
  ['notin', 'notIn'],
  ['=', 'in'],
  ['==', 'in'],
  ['!=', 'notIn'],
  ['>', 'gt'],
  ['<', 'lt'],
]);
const EXPECTED_OPERATORS = 'in, notin, =, ==, !=, gt, lt';
const INTEGER = /^[+-]?\d+$/;
const INT64_MAX = 2n ** 63n - 1n;

/** What is wrong with a selector, in Kubernetes' words. */
class Unreadable extends Error {}

/** Every object is held against every term: the number of them must have a bound. */
export function selectorTooLong(text: string): KubeStatus {
  return statusOf.badRequest(
    `the selector is too long: ${text.length} characters, at most ${SELECTOR_CHARACTERS} are allowed`,
  );
}

/**
 * Reads a `labelSelector` parameter: `a=b,c!=d,e in (f,g),h notin (i),j,!k,l>5`. 400 with Kubernetes' text, which token was found and
 * what was expected in its place, when it is none.
 */
export function parseLabelSelector(text: string): Result<LabelTerm[]> {
  if (text.length > SELECTOR_CHARACTERS) return refused(selectorTooLong(text));
  try {
    return ok(new Parser(labelTokens(text)).terms());
  } catch (error) {
    if (error instanceof Unreadable) return refused(statusOf.badRequest(error.message));
    throw error;
  }
}

/** Recursive descent over the tokens of a selector. */
class Parser {
  #place = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  terms(): LabelTerm[] {
    const terms: LabelTerm[] = [];
    if (this.#next.kind === 'end') return terms;
    if (!isWord(this.#next) && this.#next.kind !== '!') {
      throw expected(this.#next, "!, identifier, or 'end of string'");
    }
    for (;;) {
      terms.push(this.#requirement());
      const separator = this.#take();
      if (separator.kind === 'end') return terms;
      if (separator.kind !== ',') throw expected(separator, "',' or 'end of string'");
      if (!isWord(this.#next) && this.#next.kind !== '!') throw expected(this.#next, "identifier after ','");
    }
  }

  #requirement(): LabelTerm {
    try {
      return this.#term();
    } catch (error) {
      if (error instanceof Unreadable) throw new Unreadable(`unable to parse requirement: ${error.message}`);
      throw error;
    }
  }

  #term(): LabelTerm {
    const isNegated = this.#next.kind === '!';
    if (isNegated) this.#take();
    const found = this.#take();
    if (!isWord(found)) throw expected(found, 'identifier');
    const key = found.text;
    const wrong = qualifiedName(key);
    if (wrong.length > 0) throw new Unreadable(invalidValue('<nil>', key, wrong.join('; ')));
    // Kubernetes' own texts forget the `!` when an operator follows.
    if (this.#next.kind === 'end' || this.#next.kind === ',') return { op: isNegated ? 'missing' : 'exists', key };
    const sign = this.#take();
    const op = OPERATORS.get(sign.kind);
    if (op === undefined) throw expected(sign, EXPECTED_OPERATORS);
    const values = sign.kind === 'in' || sign.kind === 'notin' ? this.#set() : [this.#exactValue()];
    checkValues(key, op, values);
    return op === 'gt' || op === 'lt' ? { op, key, than: Number(values[0]) } : { op, key, values };
  }

  /** `(a,b,,c)`: in the order of the alphabet, each once. */
  #set(): string[] {
    const open = this.#take();
    if (open.kind !== '(') throw new Unreadable(`found '${open.text}' expected: '('`);
    const first = this.#next;
    if (first.kind === ')') {
      this.#take();
      return [''];
    }
    if (!isWord(first) && first.kind !== ',') throw expected(first, "',', ')' or identifier");
    const values = this.#list();
    this.#take();
    return [...values].sort();
  }

  /** Up to the closing parenthesis. */
  #list(): Set<string> {
    const values = new Set<string>();
    for (;;) {
      const token = this.#take();
      if (isWord(token)) {
        values.add(token.text);
        if (this.#next.kind === ')') return values;
        if (this.#next.kind !== ',') throw expected(this.#next, "',' or ')'");
      } else if (token.kind === ',') {
        if (values.size === 0 || this.#next.kind === ')' || this.#next.kind === ',') values.add('');
        if (this.#next.kind === ')') return values;
      } else throw expected(token, "',', or identifier");
    }
  }

  #exactValue(): string {
    if (this.#next.kind === 'end' || this.#next.kind === ',') return '';
    const token = this.#take();
    if (!isWord(token)) throw expected(token, 'identifier');
    return token.text;
  }

  get #next(): Token {
    return this.tokens[this.#place] ?? END;
  }

  #take(): Token {
    const token = this.#next;
    this.#place++;
    return token;
  }
}

const END: Token = { kind: 'end', text: '' };

function isWord({ kind }: Token): boolean {
  return kind === 'word' || kind === 'in' || kind === 'notin';
}

function expected({ text }: Token, description: string): Unreadable {
  return new Unreadable(`found '${text}', expected: ${description}`);
}

function checkValues(key: string, op: LabelTerm['op'], values: readonly string[]): void {
  const problems: string[] = [];
  if (op === 'gt' || op === 'lt') {
    const rule = "for 'Gt', 'Lt' operators, the value must be an integer";
    for (const [index, value] of values.entries()) {
      if (!isInt64(value)) problems.push(invalidValue(`values[${index}]`, value, rule));
    }
  }
  for (const [index, value] of values.entries()) {
    const wrong = labelValue(value);
    if (wrong.length > 0) problems.push(invalidValue(`values[${index}][${key}]`, value, wrong.join('; ')));
  }
  if (problems.length === 0) return;
  throw new Unreadable(problems.length === 1 ? (problems[0] as string) : `[${problems.join(', ')}]`);
}

function invalidValue(path: string, value: string, rule: string): string {
  return `${path}: Invalid value: ${JSON.stringify(value)}: ${rule}`;
}

function isInt64(text: string): boolean {
  if (!INTEGER.test(text)) return false;
  const number = BigInt(text.replace('+', ''));
  return number <= INT64_MAX && number >= -INT64_MAX - 1n;
}
