import type { Problems } from '@shiplog/apimachinery';

type Validate<T> = (item: T, at: string, problems: Problems) => void;

/** Each item of a list by a rule of its own; of one that is too long, only that it is. */
export function validateEach<T>(
  items: readonly T[] | undefined,
  most: number,
  at: string,
  problems: Problems,
  validate: Validate<T>,
): boolean {
  const { length } = items ?? [];
  if (length > most) {
    problems.tooMany(at, length, most);
    return false;
  }
  items?.forEach((item, i) => validate(item, `${at}[${i}]`, problems));
  return true;
}

/** The same, and no two with the same key; a key that is several texts is shown as `shown` has it. */
export function validateSet<T>(
  items: readonly T[] | undefined,
  most: number,
  at: string,
  problems: Problems,
  { validate, key }: { validate: Validate<T>; key: (item: T) => string },
): void {
  if (!validateEach(items, most, at, problems, validate)) return;
  const seen = new Set<string>();
  items?.forEach((item, i) => {
    if (seen.has(key(item))) problems.duplicate(`${at}[${i}]`, key(item));
    seen.add(key(item));
  });
}
