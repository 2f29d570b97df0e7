/** Subjects wanted at the server, by connection and number: `*` stands for one token, `>` for all that follow. */
export class Interest<T> {
  readonly #exact = new Map<string, Set<T>>();
  readonly #patterns = new Map<T, readonly string[]>();

  add(subject: string, what: T): void {
    if (/[*>]/.test(subject)) {
      this.#patterns.set(what, subject.split('.'));
      return;
    }
    const known = this.#exact.get(subject);
    if (known === undefined) this.#exact.set(subject, new Set([what]));
    else known.add(what);
  }

  delete(subject: string, what: T): void {
    this.#patterns.delete(what);
    const known = this.#exact.get(subject);
    if (known?.delete(what) === true && known.size === 0) this.#exact.delete(subject);
  }

  /** In the order in which they came, exact ones first. */
  of(subject: string): T[] {
    const found = [...(this.#exact.get(subject) ?? [])];
    const tokens = subject.split('.');
    for (const [what, pattern] of this.#patterns) if (matches(pattern, tokens)) found.push(what);
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
