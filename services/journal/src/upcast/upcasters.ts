import { fromFirstFormat } from './first-format';
import type { Upcasters } from './upcast';

/**
 * How each old format of events becomes the next one; see "A change of what an event says" in CONTRIBUTING.md. A format
 * that was ever released stays readable: entries are added here, never changed or removed, each with its line of history.
 */
export const UPCASTERS: Upcasters = {
  // 0.1: a type with the kind in it, changes as a merge patch.
  1: fromFirstFormat,
};
