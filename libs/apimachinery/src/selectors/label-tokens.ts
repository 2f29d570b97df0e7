/** A word or sign of a label selector. `in` and `notin` are operators where one may stand, and plain words elsewhere. */
export interface Token {
  readonly kind: 'word' | 'in' | 'notin' | ')' | ',' | '!' | '==' | '=' | '>' | '<' | '!=' | '(' | 'end' | 'unknown';
  readonly text: string;
}

const SIGNS: ReadonlySet<string> = new Set([')', ',', '!', '==', '=', '>', '<', '!=', '(']);
const isSign = (sign: string): sign is Exclude<Token['kind'], 'word' | 'in' | 'notin' | 'end' | 'unknown'> =>
  SIGNS.has(sign);

const SCANNER = /[ \t\r\n]*(?:([^ \t\r\n=!(),><]+)|(==|!=|[=!(),><])|$)/gy;

/** The tokens of a label selector; the last is the `end`. A NUL ends a selector, as it does for Kubernetes. */
export function labelTokens(selector: string): Token[] {
  const text = selector.split('\0', 1)[0] ?? '';
  const tokens: Token[] = [];
  for (const [, word, sign] of text.matchAll(SCANNER)) {
    if (word !== undefined) tokens.push({ kind: word === 'in' || word === 'notin' ? word : 'word', text: word });
    else if (sign !== undefined && isSign(sign)) tokens.push({ kind: sign, text: sign });
  }
  tokens.push({ kind: 'end', text: '' });
  return tokens;
}
