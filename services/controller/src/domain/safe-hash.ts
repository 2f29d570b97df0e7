const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
/** In which Kubernetes writes hashes: no vowels and nothing that reads alike (SafeEncodeString of its rand package). */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** A hash of at most ten characters that may be part of a name and the value of a label (32-bit FNV-1). */
export function safeHash(text: string): string {
  let hash = FNV_OFFSET;
  for (const byte of Buffer.from(text)) {
    hash = Math.imul(hash, FNV_PRIME) ^ byte;
  }
  return [...String(hash >>> 0)].map((digit) => ALPHABET[digit.charCodeAt(0) % ALPHABET.length]).join('');
}
