/** The first number not taken of `count` from `first` on, starting somewhere in the middle and going round. */
export function probe(
  first: number,
  count: number,
  start: number,
  isTaken: (candidate: number) => boolean,
): number | undefined {
  for (let i = 0; i < count; i++) {
    const candidate = first + ((start + i) % count);
    if (!isTaken(candidate)) return candidate;
  }
  return undefined;
}
