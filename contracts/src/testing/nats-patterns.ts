/** Whether some subject is matched by both patterns, by NATS' rules: `*` is any one token, `>` any one or more at the end. */
export function overlap(one: string, other: string): boolean {
  return tokensOverlap(one.split('.'), other.split('.'));
}

function tokensOverlap(one: readonly string[], other: readonly string[]): boolean {
  if (one[0] === '>') return other.length > 0;
  if (other[0] === '>') return one.length > 0;
  const [a, ...restOfOne] = one;
  const [b, ...restOfOther] = other;
  if (a === undefined || b === undefined) return a === b;
  return (a === b || a === '*' || b === '*') && tokensOverlap(restOfOne, restOfOther);
}

/** Whether a pattern matches a subject without wildcards. */
export function allows(patterns: readonly string[], subject: string): boolean {
  return patterns.some((pattern) => overlap(pattern, subject));
}
