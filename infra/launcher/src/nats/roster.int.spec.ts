import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Home } from '../home';
import { HomePki } from '../pki/home-pki';
import { refusalOf } from '../testing/refusal';
import { redacted } from './nats';
import { NatsAccess } from './nats-access';
import { Roster } from './roster';

describe('who may connect from elsewhere', () => {
  let folder: string;
  let now = 1_000;
  const roster = () => new Roster(join(folder, 'roster.json'), () => now);
  const kubelet = { role: 'kubelet', name: 'rack-1', nkey: 'UA' } as const;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'shiplog-roster-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is nobody at first, and is kept over a restart in a file of its owner’s', () => {
    expect(roster().all()).toEqual([]);
    roster().add(kubelet);
    expect(roster().all()).toEqual([kubelet]);
    expect(statSync(join(folder, 'roster.json')).mode & 0o777).toBe(0o600);
  });

  it('has one key each: a new one replaces the old', () => {
    roster().add(kubelet);
    roster().add({ ...kubelet, nkey: 'UB' });
    expect(roster().all()).toEqual([{ ...kubelet, nkey: 'UB' }]);
    expect(roster().has({ role: 'kubelet', name: 'rack-1' })).toBe(true);
    expect(roster().has({ role: 'proxy', name: 'rack-1' })).toBe(false);
  });

  it('is a token’s bearer until its time is over', () => {
    roster().add({ role: 'bootstrap', name: 'abc', nkey: 'UC', until: 2_000 });
    expect(roster().has({ role: 'bootstrap', name: 'abc' })).toBe(true);
    now = 2_000;
    expect(roster().has({ role: 'bootstrap', name: 'abc' })).toBe(false);
  });

  it('says whether anybody was taken off', () => {
    roster().add(kubelet);
    expect(roster().remove(({ name }) => name === 'rack-2')).toBe(false);
    expect(roster().remove(({ name }) => name === 'rack-1')).toBe(true);
    expect(roster().all()).toEqual([]);
  });

  it('is not taken for nobody when the file cannot be read: machines that joined would be shut out without a word', async () => {
    writeFileSync(join(folder, 'roster.json'), '', { mode: 0o600 });
    expect(await refusalOf(() => roster().all())).toContain(`rm ${join(folder, 'roster.json')} && npm start`);
    expect(await refusalOf(() => roster().add(kubelet))).toContain("can't be read");
  });
});

describe('what lets a process into NATS', () => {
  const home = new Home(mkdtempSync(join(tmpdir(), 'shiplog-access-')));
  const access = () => new NatsAccess(home, new HomePki(home));
  const journal = { role: 'journal', name: 'main' } as const;
  afterAll(() => rmSync(home.folder, { recursive: true }));

  it('is a folder of its own, and the same key at each start', async () => {
    const nkey = await access().provide(journal);
    expect(nkey).toMatch(/^U[A-Z2-7]{55}$/);
    expect(await access().provide(journal)).toBe(nkey);
    expect(await access().provide({ role: 'api', name: 'main' })).not.toBe(nkey);
    const { seedFile, keyFile } = access().files(journal);
    expect([seedFile, keyFile].map((file) => statSync(file).mode & 0o777)).toEqual([0o600, 0o600]);
    expect(statSync(join(seedFile, '..')).mode & 0o777).toBe(0o700);
  });

  it('is refused with the line that mends it when it is no key', async () => {
    const { seedFile } = access().files(journal);
    writeFileSync(seedFile, 'garbage\n');
    expect(await refusalOf(() => access().provide(journal))).toContain(`rm ${seedFile} && npm start`);
    rmSync(seedFile);
    expect(await access().provide(journal)).toMatch(/^U/);
  });
});

describe('an address on the screen', () => {
  it.each([
    ['postgres://ann:secret@db:5432/log', 'postgres://db:5432/log'],
    ['nats://token@bus:4222', 'nats://bus:4222'],
    ['postgres://ann:secret@home@db/log', 'postgres://db/log'],
    ['nats://a:secret@one:4222,nats://b:secret@two:4222', 'nats://one:4222,nats://two:4222'],
    ['nats://bus:4222', 'nats://bus:4222'],
  ])('of %s is %s', (address, shown) => expect(redacted(address)).toBe(shown));
});
