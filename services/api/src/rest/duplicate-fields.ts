import { visit } from 'jsonc-parser';

const QUOTE = 34;
const BACKSLASH = 92;
const COLON = 58;
/** As many are named; who made more of them has seen enough. */
const MOST = 100;

/**
 * Paths of the fields that stand more than once in the JSON that a value was parsed from, such as `spec.containers[0].image`:
 * JSON.parse keeps the last and says nothing. Costs a look at each character where there are none.
 */
export function duplicateFields(text: string, value: unknown): string[] {
  if (colonsIn(text) === fieldsOf(value)) return [];
  const seen: Set<string>[] = [];
  const paths = new Set<string>();
  visit(text, {
    onObjectBegin: () => void seen.push(new Set()),
    onObjectEnd: () => void seen.pop(),
    onObjectProperty: (name, _offset, _length, _line, _character, pathOf) => {
      const names = seen.at(-1);
      if (names?.has(name) === true && paths.size < MOST) paths.add(pathText([...pathOf(), name]));
      names?.add(name);
    },
  });
  return [...paths];
}

/**
 * What is wrong with the fields of a JSON text, in its order: those that are unknown, and those that stand more than once. Of
 * what is unknown only that is told: a decoder does not look into it (sigs.k8s.io/json).
 */
export function faultsInOrder(text: string, unknown: readonly string[]): string[] {
  const unknowns = new Set(unknown);
  const duplicates = new Set(duplicateFields(text, JSON.parse(text)));
  const seen = new Set<string>();
  const faults = new Set<string>();
  visit(text, {
    onObjectProperty: (name, _offset, _length, _line, _character, pathOf) => {
      const path = pathText([...pathOf(), name]);
      if (unknowns.has(path)) faults.add(`unknown field ${JSON.stringify(path)}`);
      else if (duplicates.has(path) && seen.has(path) && !isInside(pathOf(), unknowns)) {
        faults.add(`duplicate field ${JSON.stringify(path)}`);
      }
      seen.add(path);
    },
  });
  return [...faults];
}

function isInside(path: readonly (string | number)[], unknown: ReadonlySet<string>): boolean {
  return path.some((_, depth) => unknown.has(pathText(path.slice(0, depth + 1))));
}

function pathText(path: readonly (string | number)[]): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
}

/** Outside of strings: one for each field that the text gives. */
function colonsIn(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === COLON) count++;
    else if (code === QUOTE) at = endOfString(text, at);
  }
  return count;
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at++;
  }
  return text.length;
}

function fieldsOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value) count += fieldsOf(item);
    return count;
  }
  for (const key of Object.keys(value)) count += 1 + fieldsOf((value as Record<string, unknown>)[key]);
  return count;
}
