import 'reflect-metadata';
import { readFile } from 'node:fs/promises';
import { ConfigError, describeSettings, optionalText, readConfig, text } from '@shiplog/service';
import { makeDataSource, openPatiently } from './database/data-source';
import { databaseUrlOf } from './database/database-url';
import { admitJournal } from './database/journal-role';
import { migrate } from './database/schema';
import { journalSettings } from './settings';

const settings = {
  databaseUrl: {
    ...journalSettings.databaseUrl,
    description: 'The database, as the role that owns the log or is to own it.',
  },
  databasePasswordFile: journalSettings.databasePasswordFile,
  role: text({
    env: 'JOURNAL_ROLE',
    description:
      'The role that journals log in with: it adds to the log and cannot change it. Made when it is missing.',
    default: 'shiplog_journal',
    pattern: /^[a-z_][a-z0-9_]{0,62}$/,
    example: 'shiplog_journal',
  }),
  password: optionalText({
    env: 'JOURNAL_PASSWORD',
    description: 'Its password; without one, it keeps the one it has.',
  }),
  passwordFile: optionalText({
    env: 'JOURNAL_PASSWORD_FILE',
    description: 'The file that its password is in, instead.',
  }),
};

/** Where all is started at once, a Postgres that makes its database first takes longest. */
const POSTGRES_STARTS_MS = 60_000;

/** Brings the log's schema up to date, and gives the journal's role its rights, before journals start. */
async function main(): Promise<void> {
  if (process.argv.includes('--help')) {
    const help = describeSettings(settings);
    process.stdout.write(`migrate: brings the log's schema up to date, as its owner\n\n${help}\n`);
    return;
  }
  const config = readConfig(settings, process.env);
  const { role, password, passwordFile } = config;
  if (password !== undefined && passwordFile !== undefined) {
    throw new ConfigError('JOURNAL_PASSWORD and JOURNAL_PASSWORD_FILE are both set: give one of them');
  }
  const secret = passwordFile === undefined ? password : (await readFile(passwordFile, 'utf8')).trimEnd();
  const dataSource = makeDataSource(databaseUrlOf(config));
  await openPatiently(dataSource, { withinMs: POSTGRES_STARTS_MS });
  try {
    await migrate(dataSource);
    await admitJournal(dataSource, { role, password: secret });
  } finally {
    await dataSource.destroy();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`migrate failed: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof ConfigError ? 64 : 1;
});
