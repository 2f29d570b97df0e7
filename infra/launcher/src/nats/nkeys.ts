import { nkeys } from 'nats';

/** A new nkey of a user: the seed, which is the secret, and the public half; both as text. */
export function makeNkey(): { seed: string; nkey: string } {
  const pair = nkeys.createUser();
  return { seed: new TextDecoder().decode(pair.getSeed()), nkey: pair.getPublicKey() };
}

/** The public half of a seed. Throws when it is none. */
export function nkeyOf(seed: string): string {
  return nkeys.fromSeed(new TextEncoder().encode(seed.trim())).getPublicKey();
}
