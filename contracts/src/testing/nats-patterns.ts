/** Whether some subject is matched by both patterns, by NATS' rules: `*` is any one token, `>` any one or more at the end. */
export function overlap(item: string, other: string): boolean {
  return tokensOverlap(item.split('.'), other.split('.'));
}

function tokensOverlap(item: readonly string[], other: readonly string[]): boolean {
  if (item[0] === '>') return other.length > 0;
  if (other[0] === '>') return item.length > 0;
  const [a, ...restOfOne] = item;
  const [b, ...restOfOther] = other;
  if (a === undefined || b === undefined) return a === b;
  return (a === b || a === '*' || b === '*') && tokensOverlap(restOfOne, restOfOther);
}

/** Whether a pattern matches a subject without wildcards. */
export function allows(patterns: readonly string[], subject: string): boolean {
  return patterns.some((pattern) => overlap(pattern, subject));
}
