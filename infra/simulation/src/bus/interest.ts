/** Subjects wanted at the server, by connection and number: `*` stands for one token, `>` for all that follow. */
export class Interest<T> {
  readonly #exact = new Map<string, Set<T>>();
  readonly #patterns = new Map<T, readonly string[]>();

  add(subject: string, item: T): void {
    if (/[*>]/.test(subject)) {
      this.#patterns.set(item, subject.split('.'));
      return;
    }
    const known = this.#exact.get(subject);
    if (known === undefined) this.#exact.set(subject, new Set([item]));
    else known.add(item);
  }

  delete(subject: string, item: T): void {
    this.#patterns.delete(item);
    const known = this.#exact.get(subject);
    if (known?.delete(item) === true && known.size === 0) this.#exact.delete(subject);
  }

  /** In the order in which they came, exact ones first. */
  of(subject: string): T[] {
    const found = [...(this.#exact.get(subject) ?? [])];
    const tokens = subject.split('.');
    for (const [description, pattern] of this.#patterns) if (matches(pattern, tokens)) found.push(description);
    return found;
  }
}

function matches(pattern: readonly string[], tokens: readonly string[]): boolean {
  for (let i = 0; i < pattern.length; i++) {
    if (pattern[i] === '>') return tokens.length > i;
    if (i >= tokens.length || (pattern[i] !== '*' && pattern[i] !== tokens[i])) return false;
  }
  return pattern.length === tokens.length;
}
