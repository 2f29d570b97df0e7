import type { Expression, Outcome } from '../../cel/policies/expressions';

const LONGEST_VALUE = 10 * 1024;

/** What a policy notes of a request, by its keys: of several bindings and parameters, the different values. */
export class AuditAnnotations {
  readonly #values = new Map<string, string[]>();

  constructor(private readonly policy: string) {}

  /** Takes what an expression came to; what is wrong with that. */
  add(key: string, { source }: Expression, outcome: Outcome): string | undefined {
    if (outcome.error !== undefined) return outcome.error;
    const { value } = outcome;
    if (value === null) return undefined;
    if (typeof value !== 'string') {
      return `valueExpression '${source}' resulted in unsupported return type: ${typeof value}. Return type must be either string or null.`;
    }
    const text = value.trim().slice(0, LONGEST_VALUE);
    const known = this.#values.get(key) ?? [];
    if (text !== '' && !known.includes(text)) this.#values.set(key, [...known, text]);
    return undefined;
  }

  all(): Record<string, string> {
    return Object.fromEntries([...this.#values].map(([key, texts]) => [`${this.policy}/${key}`, texts.join(', ')]));
  }
}
