import { readFileSync } from 'node:fs';
import { ConfigError } from '@shiplog/service';
import type { JournalConfig } from '../settings';

/** With a user, and without a password. */
const PASSWORDLESS = /^(postgres(?:ql)?:\/\/[^/?#:@]+)(@\S*)$/;

/**
 * Where the log's database is: DATABASE_URL, with the password that DATABASE_PASSWORD_FILE holds.
 * @throws ConfigError when they don't go together, or there is no such file
 */
export function databaseUrlOf({
  databaseUrl,
  databasePasswordFile: file,
}: Pick<JournalConfig, 'databaseUrl' | 'databasePasswordFile'>): string {
  if (file === undefined) return databaseUrl;
  const [, start, rest] = PASSWORDLESS.exec(databaseUrl) ?? [];
  if (start === undefined || rest === undefined) {
    throw new ConfigError(
      'DATABASE_URL must name a user and no password where DATABASE_PASSWORD_FILE is set, as postgres://user@host:5432/database does',
    );
  }
  return `${start}:${encodeURIComponent(passwordIn(file))}${rest}`;
}

function passwordIn(file: string): string {
  try {
    return readFileSync(file, 'utf8').trimEnd();
  } catch (error) {
    throw new ConfigError(`DATABASE_PASSWORD_FILE can't be read: ${(error as Error).message}`);
  }
}
