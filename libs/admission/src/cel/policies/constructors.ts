import type { CelFault } from '../program';
import { CONSTRUCT, OPTIONAL } from './mutation-types';

/** A text or comment, a name with its dots, or a single character. */
const TOKEN =
  /r?(?:"""[\s\S]*?"""|'''[\s\S]*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|\/\/[^\n]*|[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*)*|\s+|[\s\S]/gy;
const NAME = /^(?:Object(?:\s*\.|$)|JSONPatch$)/;

/** Constructors in constructors, at most. */
const DEEPEST = 100;

interface Open {
  /** Whether the brace is that of a constructor, whose fields have names instead of keys. */
  readonly isConstructor: boolean;
  readonly closing: string;
}

/**
 * An expression whose constructors (`Object{…}`, `Object.spec{…}`, `JSONPatch{…}`) are written as calls, as the library knows no
 * messages: `Object{a: 1}` becomes `construct("Object", {"a": 1})`. All else stays as it is.
 */
export function withConstructors(source: string): { readonly source: string } | CelFault {
  if (!source.includes('Object') && !source.includes('JSONPatch')) return { source };
  const tokens = source.match(TOKEN) ?? [];
  const open: Open[] = [];
  const written: string[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    const brace = nextSolid(tokens, i);
    if (NAME.test(token) && tokens[brace] === '{') {
      if (open.length >= DEEPEST) return { fault: 'ERROR: <input>:1:1: expression recursion limit exceeded' };
      written.push(`${CONSTRUCT}("${token.replace(/\s/g, '')}", {`);
      open.push({ isConstructor: true, closing: '})' });
      i = brace;
    } else if (/^[{[(]$/.test(token)) {
      open.push({ isConstructor: false, closing: '' });
      written.push(token);
    } else if (/^[}\])]$/.test(token)) {
      const closed = open.pop();
      written.push(closed?.isConstructor === true ? closed.closing : token);
    } else {
      const field = open.at(-1)?.isConstructor === true ? fieldAt(tokens, i) : undefined;
      written.push(field === undefined ? token : JSON.stringify(field.name));
      if (field !== undefined) i = field.last;
    }
  }
  return { source: written.join('') };
}

/** A name before a colon, after the brace or a comma: in `a ? b : c` it follows something else. `?a: b` is there if `b` is. */
function fieldAt(tokens: readonly string[], i: number): { readonly name: string; readonly last: number } | undefined {
  const isOptional = tokens[i] === '?';
  const at = isOptional ? nextSolid(tokens, i) : i;
  const token = tokens[at] ?? '';
  if (!/^[A-Za-z_]\w*$/.test(token) || tokens[nextSolid(tokens, at)] !== ':') return undefined;
  let before = i - 1;
  while (before >= 0 && isBlank(tokens[before]!)) before--;
  if (tokens[before] !== '{' && tokens[before] !== ',') return undefined;
  return { name: `${isOptional ? OPTIONAL : ''}${unescaped(token)}`, last: at };
}

function nextSolid(tokens: readonly string[], i: number): number {
  let next = i + 1;
  while (next < tokens.length && isBlank(tokens[next]!)) next++;
  return next;
}

function isBlank(token: string): boolean {
  return /^\s/.test(token) || token.startsWith('//');
}

/** A field's own name, for one that CEL calls otherwise. */
function unescaped(name: string): string {
  return name
    .replace(/^__(\w+?)__$/, '$1')
    .replaceAll('__dot__', '.')
    .replaceAll('__dash__', '-')
    .replaceAll('__slash__', '/')
    .replaceAll('__underscores__', '__');
}
