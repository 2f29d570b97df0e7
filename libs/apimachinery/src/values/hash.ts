/** 32-bit FNV-1a: spreads a seed text over the numbers. Deterministic, and no secret. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  hash ^= hash >>> 12;
  return hash >>> 0;
}

/** Kubernetes' alphabet for generated names: no vowels and nothing that reads alike. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** Five characters from the seed; `attempt` gives another five when the first name is taken. */
export function nameSuffix(seed: string, attempt: number): string {
  let value = hashText(`${attempt}/${seed}`);
  let suffix = '';
  for (let i = 0; i < 5; i++) {
    suffix += ALPHABET[value % ALPHABET.length] ?? '';
    value = Math.floor(value / ALPHABET.length);
  }
  return suffix;
}
