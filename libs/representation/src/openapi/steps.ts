/** So many definitions or paths take a few milliseconds the first time. */
const STEP = 40;

/** Makes something of each, with a pause now and then for whoever drives it. */
export function* inSteps<T, R>(items: Iterable<T>, make: (item: T) => R): Generator<void, R[]> {
  const made: R[] = [];
  for (const item of items) {
    made.push(make(item));
    if (made.length % STEP === 0) yield;
  }
  return made;
}
