import type { Environment } from '@marcbachmann/cel-js';
import { isDeepStrictEqual } from 'node:util';
import { patternOf } from '../../custom/patterns';

/** A rule can't be followed with these values. The text is what Kubernetes' libraries say. */
export class CelError extends Error {}

/** Whether a text has a part that a pattern of RE2 matches. */
export function matches(text: string, pattern: string): boolean {
  return regexOf(pattern).matcher(text).find();
}

function regexOf(pattern: string) {
  const compiled = patternOf(pattern);
  if (compiled === undefined) throw new CelError(`error parsing regexp: ${pattern}`);
  return compiled.regex;
}

function findAll(text: string, pattern: string, limit = -1): string[] {
  const matcher = regexOf(pattern).matcher(text);
  const found: string[] = [];
  while ((limit < 0 || found.length < limit) && matcher.find()) found.push(matcher.group() ?? '');
  return found;
}

/** Texts: Kubernetes' regex library, and what cel-go's ext.Strings (version 2) has beyond the language. */
export function registerTexts(env: Environment): void {
  env.registerFunction('matches(string, string): bool', matches);
  env.registerFunction(
    'string.find(string): string',
    (text: string, pattern: string) => findAll(text, pattern, 1)[0] ?? '',
  );
  env.registerFunction('string.findAll(string): list<string>', (text: string, pattern: string) =>
    findAll(text, pattern),
  );
  env.registerFunction('string.findAll(string, int): list<string>', (text: string, pattern: string, limit: bigint) =>
    findAll(text, pattern, Number(limit)),
  );
  env.registerFunction('string.charAt(int): string', (text: string, at: bigint) => {
    const characters = [...text];
    if (at < 0n || at > BigInt(characters.length)) throw new CelError(`index out of range: ${at}`);
    return characters[Number(at)] ?? '';
  });
  env.registerFunction('string.replace(string, string): string', (text: string, from: string, to: string) =>
    text.replaceAll(from, () => to),
  );
  env.registerFunction('string.replace(string, string, int): string', replaceSome);
  env.registerFunction('string.reverse(): string', (text: string) => [...text].reverse().join(''));
  env.registerFunction('string.format(list<dyn>): string', format);
}

function replaceSome(text: string, from: string, to: string, times: bigint): string {
  if (times < 0n) return text.replaceAll(from, () => to);
  let left = Number(times);
  return text.replaceAll(from, () => (left-- > 0 ? to : from));
}

/** `%s`, `%d`, `%f`, `%.3f`, `%e`, `%b`, `%x`, `%X`, `%o` and `%%`, as cel-go formats. */
function format(template: string, values: readonly unknown[]): string {
  let next = 0;
  const text = template.replace(
    /%(?:%|(?:\.(\d{1,2}))?([a-zA-Z]))/g,
    (verb, digits: string | undefined, letter?: string) => {
      if (verb === '%%') return '%';
      if (next >= values.length) throw new CelError(`index ${next} out of range`);
      return formatted(letter ?? '', values[next++], Number(digits ?? 6));
    },
  );
  return text;
}

function formatted(letter: string, value: unknown, digits: number): string {
  const isNumber = typeof value === 'bigint' || typeof value === 'number';
  switch (letter) {
    case 's':
      return textOf(value);
    case 'd':
      if (isNumber) return String(value);
      break;
    case 'f':
      if (isNumber) return Number(value).toFixed(digits);
      break;
    case 'e':
      if (isNumber)
        return Number(value)
          .toExponential(digits)
          .replace(/e([-+])(\d)$/, 'e$10$2');
      break;
    case 'b':
      if (typeof value === 'boolean') return value ? '1' : '0';
      if (typeof value === 'bigint') return value.toString(2);
      break;
    case 'o':
      if (typeof value === 'bigint') return value.toString(8);
      break;
    case 'x':
    case 'X': {
      const hex = hexOf(value);
      if (hex !== undefined) return letter === 'x' ? hex : hex.toUpperCase();
      break;
    }
    default:
      throw new CelError(`could not parse formatting clause: unrecognized formatting clause "${letter}"`);
  }
  throw new CelError(`error during formatting: ${letter} clause can not be used on ${typeof value}`);
}

function hexOf(value: unknown): string | undefined {
  if (typeof value === 'bigint') return value.toString(16);
  return typeof value === 'string' ? Buffer.from(value).toString('hex') : undefined;
}

function textOf(value: unknown): string {
  if (Array.isArray(value))
    return `[${value.map((item) => (typeof item === 'string' ? JSON.stringify(item) : textOf(item))).join(', ')}]`;
  if (value instanceof Map) {
    const entries = [...value].map(([key, item]) => `${textOf(key)}:${textOf(item)}`);
    return `{${entries.sort().join(', ')}}`;
  }
  if (value instanceof Date) return value.toISOString();
  return String(value);
}

const equal = (a: unknown, b: unknown): boolean => a === b || isDeepStrictEqual(a, b);

/** Kubernetes' list library, and the sets of cel-go. */
export function registerLists(env: Environment): void {
  env.registerFunction('list<A>.isSorted(): bool', (list: never[]) => list.every((item, i) => i === 0 || !(list[i - 1]! > item)));
  env.registerFunction('list<A>.sum(): A', (list: (bigint | number)[]) => {
    if (list.length === 0) return 0n;
    return list.slice(1).reduce((sum, item) => (sum as number) + (item as number), list[0]!);
  });
  for (const [name, isBetter] of [['min', (a: never, b: never) => a < b], ['max', (a: never, b: never) => a > b]] as const) {
    env.registerFunction(`list<A>.${name}(): A`, (list: never[]) => {
      if (list.length === 0) throw new CelError(`${name} called on empty list`);
      return list.reduce((best, item) => (isBetter(item, best) ? item : best));
    });
  }
  env.registerFunction('list<A>.indexOf(A): int', (list: unknown[], item: unknown) => BigInt(list.findIndex((other) => equal(other, item))));
  env.registerFunction('list<A>.lastIndexOf(A): int', (list: unknown[], item: unknown) => BigInt(list.findLastIndex((other) => equal(other, item))));
  class Sets {}
  env.registerType('kubernetes.Sets', { ctor: Sets, fields: {} });
  env.registerConstant('sets', 'kubernetes.Sets', new Sets());
  const contains = (list: unknown[], others: unknown[]): boolean => others.every((other) => list.some((item) => equal(item, other)));
  env.registerFunction('kubernetes.Sets.contains(list<A>, list<A>): bool', (_: Sets, a: unknown[], b: unknown[]) => contains(a, b));
  env.registerFunction('kubernetes.Sets.equivalent(list<A>, list<A>): bool', (_: Sets, a: unknown[], b: unknown[]) => contains(a, b) && contains(b, a));
  env.registerFunction('kubernetes.Sets.intersects(list<A>, list<A>): bool', (_: Sets, a: unknown[], b: unknown[]) => a.some((item) => contains(b, [item])));
} // prettier-ignore
