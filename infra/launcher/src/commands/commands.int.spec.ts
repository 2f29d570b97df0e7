import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program, REPOSITORY, type Ended } from '@shiplog/testing';
import { Home } from '../home';
import { ProcessRecords } from '../processes/records';

/** No developer's cluster, and no other test's. */
const SLOT = '6';

describe('npm run', () => {
  const home = mkdtempSync(join(tmpdir(), 'shiplog-commands-'));
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  /** Runs a command as npm does, on a home where nothing was started yet. */
  const type = (words: string, env: Record<string, string> = {}): Promise<Ended> => {
    const bootstrap = join(REPOSITORY, 'infra', 'bootstrap.mjs');
    const { DOCKER_HOST: _, ...inherited } = process.env;
    return Program.start([bootstrap, ...words.split(' ')], {
      ...inherited,
      SHIPLOG_HOME: home,
      SHIPLOG_SLOT: SLOT,
      ...env,
    }).ended;
  };

  it.concurrent.each([
    ['status', 'Nothing runs. npm start, or npm run up'],
    ['down', 'Nothing runs.'],
    ['--help', 'service <verb> <name>'],
    ['up --help', '--no-sample'],
    ['join --help', 'Example: npm run join -- shiplog1.'],
  ])('%s says so where nothing runs, and is well', async (words, said) => {
    const { code, out, err } = await type(words);
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain(said);
  });

  it.concurrent.each([
    ['service stop nats', 'No cluster runs.', 'npm start'],
    ['service poke nats', '"poke" is not among stop, start, restart.', 'npm run service stop nats'],
    ['rebuild', 'There is no log yet.', 'npm start'],
    ['token', 'No cluster runs', 'npm start'],
    ['join shiplog1.nonsense', 'Could not join: the token is not whole: copy it again', 'npm run token'],
    ['join', 'This machine has not joined a cluster yet.', 'npm run token'],
    ['up --minions many', '--minions is "many", which is no whole number from 0 to 9.', 'Give --minions as a number'],
  ])('%s is refused with what is wrong and what would be right', async (words, sentence, fix) => {
    const { code, out, err } = await type(words);
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain(`✗ `);
    expect(err.slice(0, err.indexOf('→'))).toContain(sentence);
    expect(err.slice(err.indexOf('→'))).toContain(fix);
  });

  it('of what there is not says what there is', async () => {
    const { code, err } = await type('strat');
    expect(code).toBe(1);
    expect(err).toMatch(/unknown command 'strat'[^]*Did you mean start\?[^]*rebuild /);
  });

  it('up, of a cluster that can not start, says why and leaves nothing behind', async () => {
    const dockerHost = `unix://${join(home, 'no-engine.sock')}`;
    const { code, out, err } = await type('up', { DOCKER_HOST: dockerHost });
    expect(code).toBe(1);
    expect(out).toContain(dockerHost);
    expect(err).toContain('The cluster did not start (why is above).');
    expect(err).toContain(`less ${new Home(home).launcherLog}`);
    expect(new ProcessRecords(new Home(home).records).alive()).toEqual([]);
    expect((await type('status')).out).toContain('Nothing runs.');
  });

  it('reset leaves an empty home', async () => {
    const { code, out } = await type('reset');
    expect(code).toBe(0);
    expect(out).toContain(`${home} is empty`);
    expect(existsSync(home) ? readdirSync(home) : []).toEqual([]);
  });

  it('reset keeps the archives of images that the user has put there', async () => {
    mkdirSync(join(home, 'images'), { recursive: true });
    writeFileSync(join(home, 'images', 'app.tar'), '');
    expect((await type('reset')).out).toContain(`${home} is empty but for images`);
    expect(existsSync(join(home, 'images', 'app.tar'))).toBe(true);
  });
});
