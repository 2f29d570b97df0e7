/**
 * What is wrong with a text that should be a JSON object, in the words of Go's encoding/json where the fault is one that
 * people make; undefined when nothing is.
 */
export function jsonObjectProblem(text: string, goType = 'map[string]interface {}'): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && !Array.isArray(value)) return undefined;
    return typeProblem(value, goType);
  } catch (error) {
    return syntaxProblem(text, error instanceof Error ? error.message : String(error));
  }
}

/** Go's words for a JSON value of another type than the one that is read. */
export function typeProblem(value: unknown, goType: string): string {
  return `json: cannot unmarshal ${goKind(value)} into Go value of type ${goType}`;
}

function goKind(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (value === null) return 'null';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

function syntaxProblem(text: string, message: string): string {
  // Of a short text V8 tells the character and not its place.
  const token = /^Unexpected token '(.)'/u.exec(message)?.[1];
  if (token !== undefined) return `invalid character '${token}' looking for beginning of value`;
  const at = Number(/at position (\d+)/.exec(message)?.[1] ?? NaN);
  const character = text[at];
  if (Number.isNaN(at) || character === undefined) return 'unexpected end of JSON input';
  const before = text.slice(0, at).trimEnd().at(-1);
  return `invalid character '${character}' ${contextAfter(before)}`;
}

function contextAfter(before: string | undefined): string {
  switch (before) {
    case '{':
      return 'looking for beginning of object key string';
    case undefined:
    case ':':
    case '[':
    case ',':
      return 'looking for beginning of value';
    case '"':
      return 'after object key';
    default:
      return 'after top-level value';
  }
}
