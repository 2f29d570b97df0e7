import { generateKeyPairSync } from 'node:crypto';
import { makeSigningKeys } from '@shiplog/pki';
import { readSigningKeys } from './signing-keys';

const pemOf = (type: 'rsa' | 'ec', options: { namedCurve?: string; modulusLength?: number }): string => {
  const { privateKey } =
    type === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: options.modulusLength ?? 2048 })
      : generateKeyPairSync('ec', { namedCurve: options.namedCurve ?? '' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
};

describe('the keys of service accounts', () => {
  it.each([
    ['RS256', pemOf('rsa', {})],
    ['ES256', pemOf('ec', { namedCurve: 'prime256v1' })],
    ['ES384', pemOf('ec', { namedCurve: 'secp384r1' })],
    ['ES512', pemOf('ec', { namedCurve: 'secp521r1' })],
  ])('sign by the one algorithm of their kind: %s', (algorithm, pem) => {
    const { signing, trusted } = readSigningKeys(pem, '');
    expect(signing.algorithm).toBe(algorithm);
    expect(trusted.map(({ id, key }) => [id, key.type])).toEqual([[signing.id, 'public']]);
  });

  it('are trusted with those before them, each once', () => {
    const [first, second] = [makeSigningKeys(), makeSigningKeys()];
    const { signing, trusted } = readSigningKeys(
      second.privateKey,
      `# rotated\n${second.publicKey}\n${first.publicKey}`,
    );
    expect(trusted[0]?.id).toBe(signing.id);
    expect(trusted.map(({ id }) => id)).toEqual([signing.id, readSigningKeys(first.privateKey, '').signing.id]);
  });

  it.each([
    ['no key', 'nothing'],
    ['a short one', pemOf('rsa', { modulusLength: 1024 })],
    ['one of another curve', pemOf('ec', { namedCurve: 'secp256k1' })],
    ['half a pair', makeSigningKeys().publicKey],
  ])('are refused when they are %s', (_, pem) => {
    expect(() => readSigningKeys(pem, '')).toThrow();
  });
});
