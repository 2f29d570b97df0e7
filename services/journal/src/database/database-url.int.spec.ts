import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestPostgres } from '@shiplog/testing';
import { makeDataSource, openPatiently } from './data-source';
import { databaseUrlOf } from './database-url';

describe('the URL of the log’s database', () => {
  let folder: string;
  let databasePasswordFile: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'shiplog-password-'));
    databasePasswordFile = join(folder, 'password');
    writeFileSync(databasePasswordFile, 'p@ss/word\n');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is DATABASE_URL as it is, without a file', () => {
    const databaseUrl = 'postgres://me:secret@host/log';
    expect(databaseUrlOf({ databaseUrl, databasePasswordFile: undefined })).toBe(databaseUrl);
  });

  it.each([
    ['postgres://me@host:5432/log', 'postgres://me:p%40ss%2Fword@host:5432/log'],
    ['postgres://me@/log?host=/run/postgres', 'postgres://me:p%40ss%2Fword@/log?host=/run/postgres'],
  ])('has the password of the file: %s', (databaseUrl, whole) => {
    expect(databaseUrlOf({ databaseUrl, databasePasswordFile })).toBe(whole);
  });

  it.each(['postgres://me:secret@host/log', 'postgres://host/log'])(
    '%s and a file do not go together',
    (databaseUrl) => {
      expect(() => databaseUrlOf({ databaseUrl, databasePasswordFile })).toThrow('must name a user and no password');
    },
  );

  it('without the file is refused with a sentence', () => {
    const config = { databaseUrl: 'postgres://me@host/log', databasePasswordFile: join(folder, 'none') };
    expect(() => databaseUrlOf(config)).toThrow(/^DATABASE_PASSWORD_FILE can't be read: ENOENT/);
  });
});

describe('a database whose server is not there yet', () => {
  let postgres: TestPostgres;
  beforeAll(async () => (postgres = await TestPostgres.start()));
  afterAll(() => postgres.stop());

  it('is waited for', async () => {
    await postgres.pause();
    let resumed: Promise<void> | undefined;
    const source = makeDataSource(postgres.url());
    await openPatiently(source, { withinMs: 30_000, onWaiting: () => void (resumed ??= postgres.resume()) });
    await resumed;
    expect(source.isInitialized).toBe(true);
    await source.destroy();
  });

  it('is given up after a while', async () => {
    await postgres.pause();
    await expect(openPatiently(makeDataSource(postgres.url()), { withinMs: 300 })).rejects.toThrow('ECONNREFUSED');
    await postgres.resume();
  });

  it('is not waited for when the server is there and refuses', async () => {
    const waited = jest.fn();
    const opening = openPatiently(makeDataSource(postgres.url('missing')), { withinMs: 30_000, onWaiting: waited });
    await expect(opening).rejects.toThrow('"missing" does not exist');
    expect(waited).not.toHaveBeenCalled();
  });
});
