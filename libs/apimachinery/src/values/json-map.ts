/** A map whose keys are JSON values: equal values are one key, whatever the order of their fields (as `sameJson` compares). */
export class JsonMap<V> {
  /** Scalars are their own keys. */
  readonly #scalars = new Map<unknown, V>();
  /** Objects and lists by their canonical text. */
  readonly #composites = new Map<string, V>();

  get(key: unknown): V | undefined {
    return isScalar(key) ? this.#scalars.get(key) : this.#composites.get(canonicalJson(key));
  }

  set(key: unknown, value: V): void {
    if (isScalar(key)) this.#scalars.set(key, value);
    else this.#composites.set(canonicalJson(key), value);
  }
}

function isScalar(value: unknown): boolean {
  return typeof value !== 'object' || value === null;
}

/** JSON with the fields of objects in order: the same text for the same value. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined';
  const fields = Object.entries(value).filter(([, item]) => item !== undefined);
  fields.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
}
