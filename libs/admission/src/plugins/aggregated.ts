/** Several problems as Go's errors.NewAggregate writes them: each once, in brackets when there are several. */
export function aggregated(problems: readonly string[]): string {
  const [first = '', ...others] = new Set(problems);
  return others.length === 0 ? first : `[${[first, ...others].join(', ')}]`;
}
