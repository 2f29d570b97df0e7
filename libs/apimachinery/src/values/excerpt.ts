const MOST_CHARACTERS = 1_000;

/** The beginning of a text that goes into a message. */
export function excerpt(text: string, most = MOST_CHARACTERS): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

/** The beginning of a JSON value's text, to be shown in a message. Anything from outside can be shown so: String() would call it. */
export function shownJson(value: unknown, most = MOST_CHARACTERS): string {
  return excerpt(JSON.stringify(value) ?? 'undefined', most);
}

/** A word as it was sent, and what should have been one as JSON. */
export function wordOf(value: unknown): string {
  return typeof value === 'string' ? excerpt(value) : shownJson(value);
}
