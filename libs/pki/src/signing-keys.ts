import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { OPENSSL_CURVE } from './keys';

/** A key that signs tokens, and the half of it that tells whether it did; both PEM. */
export interface SigningKeys {
  readonly privateKey: string;
  readonly publicKey: string;
}

/** Makes a key for tokens (ES256). */
export function makeSigningKeys(): SigningKeys {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: OPENSSL_CURVE });
  return {
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}

/**
 * The public half of a private key, both PEM.
 * @throws Error when the text is no private key
 */
export function publicKeyOf(privateKey: string): string {
  return createPublicKey(createPrivateKey(privateKey)).export({ type: 'spki', format: 'pem' }).toString();
}
