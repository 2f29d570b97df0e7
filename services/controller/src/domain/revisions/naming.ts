import type { TemplatePatch } from './template-patch';

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
/** In which Kubernetes writes hashes: no vowels and nothing that reads alike (SafeEncodeString of its rand package). */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
/** What is left of 253 for a controller's own name. */
const LONGEST_PREFIX = 223;

/**
 * Tells what one revision holds from what another does (HashControllerRevision of pkg/controller/history: 32-bit FNV-1).
 *
 * @param collisions how often this controller's hashes have met already: another count gives another hash
 */
export function hashOfPatch(patch: TemplatePatch, collisions: number): string {
  let hash = FNV_OFFSET;
  for (const byte of Buffer.from(`${JSON.stringify(patch)}${collisions}`)) {
    hash = Math.imul(hash, FNV_PRIME) ^ byte;
  }
  return [...String(hash >>> 0)].map((digit) => ALPHABET[digit.charCodeAt(0) % ALPHABET.length]).join('');
}

/** The name of a controller's revision with this hash. */
export function revisionName(controller: string, hash: string): string {
  return `${controller.slice(0, LONGEST_PREFIX)}-${hash}`;
}
