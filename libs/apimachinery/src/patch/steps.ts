import { PATCH_STEPS, PATCH_STEPS_PER_PLACE } from '@shiplog/contracts';
import { PatchError } from './patch-error';

/**
 * Counts what one patch copies or moves about. One that names each place once copies each once; operations that each cost as
 * much as the whole object (a large list that is merged again and again, insertions at the front of one) add up here, and
 * are refused when they come to many times what the object and the patch hold.
 */
export class Steps {
  #taken = 0;
  /** Few patches come to so many: only for those their sizes are measured. */
  #limit = PATCH_STEPS;
  #isMeasured = false;

  constructor(
    private readonly current: unknown,
    private readonly patch: unknown,
  ) {}

  /** Throws PatchError when so many more are too many. */
  take(count: number): void {
    this.#taken += count;
    if (this.#taken <= this.#limit) return;
    if (!this.#isMeasured) {
      this.#isMeasured = true;
      this.#limit += PATCH_STEPS_PER_PLACE * (placesIn(this.current) + placesIn(this.patch));
      if (this.#taken <= this.#limit) return;
    }
    throw new PatchError('too large', 'the patch repeats more than the sizes of it and of the object explain');
  }
}

/** Values in a JSON value, itself among them. */
function placesIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  let sum = 1;
  for (const item of Array.isArray(value) ? (value as unknown[]) : Object.values(value)) sum += placesIn(item);
  return sum;
}
