import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Home } from './home';

describe('the home of a cluster', () => {
  let home: Home;
  const modeOf = (path: string) => statSync(path).mode & 0o777;

  beforeEach(() => {
    home = new Home(join(mkdtempSync(join(tmpdir(), 'shiplog-home-')), 'home'));
  });
  afterEach(() => rmSync(join(home.folder, '..'), { recursive: true }));

  it('can be passed through but not listed by others; its logs and records are its owner’s alone', () => {
    home.make();
    expect([home.folder, home.at('logs'), home.records].map(modeOf)).toEqual([0o711, 0o700, 0o700]);
  });

  it('stays as it is when it is made again', () => {
    home.make();
    const secret = home.secret('admin-token');
    home.make();
    expect(home.secret('admin-token')).toBe(secret);
  });

  it('keeps each secret in a file of its owner’s, and no two the same', () => {
    const [first, second] = [home.secret('postgres'), home.secret('admin-token')];
    expect(first).toMatch(/^[0-9a-f]{36}$/);
    expect(second).not.toBe(first);
    expect(modeOf(home.at('secret-postgres'))).toBe(0o600);
    expect(new Home(home.folder).secret('postgres')).toBe(first);
  });

  it('takes an empty file that a power cut left for no secret: nobody gets in with an empty token', () => {
    home.make();
    writeFileSync(home.at('secret-admin-token'), '\n');
    const made = home.secret('admin-token');
    expect(made).toMatch(/^[0-9a-f]{36}$/);
    expect(readFileSync(home.at('secret-admin-token'), 'utf8')).toBe(`${made}\n`);
  });

  it('has no half-written secret beside the whole one', () => {
    home.secret('postgres');
    expect(readdirSync(home.folder)).toEqual(['secret-postgres']);
    expect(existsSync(home.at('logs'))).toBe(false);
  });
});
