import type { Upcasters } from './upcast';

/**
 * How each old version of an event type becomes the next one; see "a new event type" in CONTRIBUTING.md. A version
 * that was ever released stays readable: entries are added here, never changed or removed, each with its line of history.
 */
export const UPCASTERS: Upcasters = {};
