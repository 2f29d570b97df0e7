import { RE2JS } from 're2js';

/** Compiled patterns that are kept: of schemas that are in use, hardly ever more. */
const KEPT = 2_000;

/** A pattern ready to match, and the number of its instructions, to which the time of a match is proportional. */
export interface CompiledPattern {
  readonly regex: RE2JS;
  readonly size: number;
}

const compiled = new Map<string, CompiledPattern | string>();

function compile(pattern: string): CompiledPattern | string {
  let found = compiled.get(pattern);
  if (found === undefined) {
    if (compiled.size >= KEPT) compiled.clear();
    compiled.set(pattern, (found = attempt(pattern)));
  }
  return found;
}

function attempt(pattern: string): CompiledPattern | string {
  try {
    const regex = RE2JS.compile(pattern);
    return { regex, size: regex.programSize() };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** What Go's regexp would say of a pattern that it can't read; undefined of any other. */
export function regexProblem(pattern: string): string | undefined {
  const found = compile(pattern);
  return typeof found === 'string' ? found : undefined;
}

/**
 * A pattern in the syntax of RE2, as Go has it; undefined where it is none. Its matches take time proportional to the text
 * times `size`, whatever the pattern: JavaScript's own expressions may take exponential time.
 */
export function patternOf(pattern: string): CompiledPattern | undefined {
  const found = compile(pattern);
  return typeof found === 'string' ? undefined : found;
}
