import { PATCH_STEPS } from '@shiplog/contracts';
import { PatchError } from './patch-error';

/**
 * Counts what one patch moves about or copies beyond its own size. Operations that each cost as much as the whole object
 * (an insertion at the front of a list, a list that is merged again and again) add up here, and are refused when they are
 * more than any patch that names each place once.
 */
export class Steps {
  #left = PATCH_STEPS;

  /** Throws PatchError when so many are too many. */
  take(count: number): void {
    this.#left -= count;
    if (this.#left < 0) {
      throw new PatchError('too large', `the patch moves more than ${PATCH_STEPS} items and fields`);
    }
  }
}
