import { createPrivateKey, createPublicKey, KeyObject, webcrypto } from 'node:crypto';

/** The curve of every key made or certified here: every TLS client reads it, and it takes no time to make. */
export const CURVE = 'P-256';
/** The same curve, as OpenSSL calls it. */
export const OPENSSL_CURVE = 'prime256v1';

const ECDSA = { name: 'ECDSA', namedCurve: CURVE, hash: 'SHA-256' };

/** Makes a key pair that signs with ECDSA and SHA-256. */
export async function makeKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ECDSA, true, ['sign', 'verify']);
}

/** A private key as PEM (PKCS #8, not encrypted). */
export function keyPem(key: webcrypto.CryptoKey): string {
  return KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' }).toString();
}

/**
 * The private key of an authority, for signing: EC, or RSA as authorities of older homes have.
 * @throws Error when the text is no private key, or one of another kind
 */
export async function signingKey(pem: string): Promise<webcrypto.CryptoKey> {
  const key = createPrivateKey(pem);
  const der = key.export({ type: 'pkcs8', format: 'der' });
  return webcrypto.subtle.importKey('pkcs8', der, signatureOf(key), false, ['sign']);
}

/** How a key signs: WebCrypto binds that to the key, where OpenSSL leaves it to each signature. */
function signatureOf(key: KeyObject): webcrypto.RsaHashedImportParams | webcrypto.EcKeyImportParams {
  if (key.asymmetricKeyType === 'rsa') return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  if (isOnCurve(key)) return ECDSA;
  throw new Error(`An authority's key must be RSA or EC on ${CURVE}; this one is ${key.asymmetricKeyType}.`);
}

/**
 * A public key that somebody else made, as SPKI in DER.
 * @throws Error when it is no public key, or not one on the curve that all keys here are on
 */
export function publicKeyBytes(key: string | Uint8Array): Uint8Array<ArrayBuffer> {
  const found =
    typeof key === 'string'
      ? createPublicKey(key)
      : createPublicKey({ key: Buffer.from(key), type: 'spki', format: 'der' });
  if (!isOnCurve(found)) throw new Error(`The key must be EC on ${CURVE}; this one is ${found.asymmetricKeyType}.`);
  return new Uint8Array(found.export({ type: 'spki', format: 'der' }));
}

function isOnCurve(key: KeyObject): boolean {
  return key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === OPENSSL_CURVE;
}
