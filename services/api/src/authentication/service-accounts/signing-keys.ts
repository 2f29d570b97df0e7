import { createPrivateKey, createPublicKey, hash, type KeyObject } from 'node:crypto';

/** The algorithms of JOSE (RFC 7518) that keys of service accounts sign by, as in Kubernetes. */
export const ALGORITHMS = ['RS256', 'ES256', 'ES384', 'ES512'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/** A key with the one algorithm that it is used with: what a token says of itself chooses among keys, never the algorithm of one. */
export interface TokenKey {
  /** What tokens call it (`kid`): a digest of the public key, which does not give it away. */
  readonly id: string;
  readonly algorithm: Algorithm;
  readonly key: KeyObject;
}

/** The key that signs, and all whose tokens are good, each once, the present one first. */
export interface SigningKeys {
  readonly signing: TokenKey;
  readonly trusted: readonly TokenKey[];
}

const CURVES: ReadonlyMap<string | undefined, Algorithm> = new Map([
  ['prime256v1', 'ES256'],
  ['secp384r1', 'ES384'],
  ['secp521r1', 'ES512'],
]);
const LEAST_RSA_BITS = 2048;
const PEM = /-----BEGIN ([A-Z0-9 ]+)-----[^-]+-----END \1-----/g;

/**
 * Reads the private key that signs tokens, and the public keys of those that signed before it, one PEM block behind another.
 * @throws Error with a sentence when a text holds no key, or one that no token can be signed by
 */
export function readSigningKeys(privatePem: string, publicPems: string): SigningKeys {
  const key = createPrivateKey(privatePem);
  const own = tokenKey(createPublicKey(key));
  const older = (publicPems.match(PEM) ?? []).map((pem) => tokenKey(createPublicKey(pem)));
  const trusted = new Map([own, ...older].map((trustedKey) => [trustedKey.id, trustedKey]));
  return { signing: { ...own, key }, trusted: [...trusted.values()] };
}

function tokenKey(key: KeyObject): TokenKey {
  const id = hash('sha256', key.export({ type: 'spki', format: 'der' }), 'base64url');
  return { id, algorithm: algorithmOf(key), key };
}

function algorithmOf({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): Algorithm {
  if (type === 'rsa' && (details?.modulusLength ?? 0) >= LEAST_RSA_BITS) return 'RS256';
  const algorithm = type === 'ec' ? CURVES.get(details?.namedCurve) : undefined;
  if (algorithm !== undefined) return algorithm;
  throw new Error(`a key must be RSA of ${LEAST_RSA_BITS} bits or more, or EC on P-256, P-384 or P-521`);
}
