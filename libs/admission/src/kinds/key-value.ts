import { configKey, type Problems, sameJson } from '@shiplog/apimachinery';

/** The most that a ConfigMap's or Secret's values may come to, in bytes. */
export const MAX_BYTES = 1_048_576;

/** Keys become file names in a volume. */
export function validateKeys(
  data: Readonly<Record<string, string>> | undefined,
  field: string,
  problems: Problems,
): void {
  for (const key of Object.keys(data ?? {})) {
    for (const wrong of configKey(key)) problems.invalid(`${field}[${key}]`, key, wrong);
  }
}

interface MaybeImmutable {
  immutable?: boolean;
  [field: string]: unknown;
}

/** An object that is `immutable` stays so, and its data with it. */
export function validateImmutable(draft: object, before: object, fields: readonly string[], problems: Problems): void {
  const now = draft as MaybeImmutable;
  const then = before as MaybeImmutable;
  if (then.immutable !== true) return;
  if (now.immutable !== true) problems.forbidden('immutable', 'field is immutable when `immutable` is set');
  for (const field of fields) {
    if (!sameJson(now[field], then[field])) problems.forbidden(field, 'field is immutable when `immutable` is set');
  }
}
