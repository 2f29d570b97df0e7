import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeSigningKeys, publicKeyOf } from '@shiplog/pki';
import { writeOwn } from '../runtime-folder';

/**
 * Makes sure of the key that signs the tokens of service accounts (`sa.key`), and of its public half among those whose tokens
 * are good (`sa.pub`). Who takes the key away gets another at the next start; tokens of the old one are good until its
 * public half is taken out of `sa.pub`.
 */
export function keepSigningKeys(folder: string): void {
  const [keyFile, publicFile] = [join(folder, 'sa.key'), join(folder, 'sa.pub')];
  if (!existsSync(keyFile)) writeOwn(keyFile, makeSigningKeys().privateKey);
  const publicKey = publicKeyOf(readFileSync(keyFile, 'utf8'));
  const known = existsSync(publicFile) ? readFileSync(publicFile, 'utf8') : '';
  if (!known.includes(publicKey.trim())) writeOwn(publicFile, `${publicKey}${known}`);
}
