export type JsonSchema = Readonly<Record<string, unknown>>;

/** What `format: line` of the validators asks for, for readers that know JSON Schema only. */
const LINE_PATTERN = '^[^\\u0000-\\u001f\\u007f]*$';

/** Turns TypeBox schemas into JSON Schema as documents have it; those with an `$id` become components, said once. */
export class Components {
  readonly #schemas: Record<string, JsonSchema> = {};

  /** The schema where it is used: a reference when it has a name. */
  of(schema: object): JsonSchema {
    const { $id, ...rest } = schema as { $id?: unknown };
    if (typeof $id !== 'string') return this.#inline(schema);
    this.#schemas[$id] ??= this.#inline(rest);
    return { $ref: `#/components/schemas/${$id}` };
  }

  /** All that were named, by name. */
  sorted(): Record<string, JsonSchema> {
    return Object.fromEntries(Object.entries(this.#schemas).sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #inline(schema: object): JsonSchema {
    const result: Record<string, unknown> = {};
    for (const [keyword, value] of Object.entries(schema)) {
      // Our own, for the sentence in which a value is refused.
      if (keyword === 'problem' || value === undefined) continue;
      if (keyword === 'format' && value === 'line') result['pattern'] = LINE_PATTERN;
      else if (keyword === 'anyOf' && isWords(value)) Object.assign(result, wordsOf(value));
      else result[keyword] = this.#value(keyword, value);
    }
    const { type, ...others } = result;
    return type === undefined ? others : { type, ...others };
  }

  #value(keyword: string, value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map((item: unknown) => this.#value('items', item));
    if (keyword !== 'properties' && keyword !== 'patternProperties') return this.of(value);
    return Object.fromEntries(Object.entries(value).map(([name, property]) => [name, this.of(property as object)]));
  }
}

/** TypeBox says one of a few words as alternatives; a document says it shorter. */
function isWords(value: unknown): value is { const: string }[] {
  return Array.isArray(value) && value.every((item: { const?: unknown }) => typeof item.const === 'string');
}

function wordsOf(alternatives: readonly { const: string }[]): JsonSchema {
  return { type: 'string', enum: alternatives.map((item) => item.const) };
}
