import { safeHash } from '../safe-hash';
import type { TemplatePatch } from './template-patch';

/** What is left of 253 for a controller's own name. */
const LONGEST_PREFIX = 223;

/**
 * Tells what one revision holds from what another does (HashControllerRevision of pkg/controller/history).
 *
 * @param collisions how often this controller's hashes have met already: another count gives another hash
 */
export function hashOfPatch(patch: TemplatePatch, collisions: number): string {
  return safeHash(`${JSON.stringify(patch)}${collisions}`);
}

/** The name of a controller's revision with this hash. */
export function revisionName(controller: string, hash: string): string {
  return `${controller.slice(0, LONGEST_PREFIX)}-${hash}`;
}
