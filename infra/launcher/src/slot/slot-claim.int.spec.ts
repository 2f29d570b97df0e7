import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cluster } from '../cluster';
import { down } from '../commands/down';
import { reset } from '../commands/reset';
import { status } from '../commands/status';
import { LauncherFailure } from '../failure';
import { announce, claim, claimAgain, currentClaim, release } from '../launcher-claim';
import { identityOf, isAlive } from '../processes/identity';
import { ProcessRecords } from '../processes/records';
import { runtimeFolder } from '../runtime-folder';
import { REPOSITORY, settingsFrom } from '../settings';
import { ownershipOf, refuseForeign, takeSlot } from './slot-claim';

/** No developer's cluster, and no other test's. */
const SLOT = 5;

describe('the slot of a cluster', () => {
  let folder: string;
  let other: ChildProcess;
  let screen: string;
  const slotFile = join(runtimeFolder(), `slot-${SLOT}.json`);
  const settingsOf = (home: string) => settingsFrom({ SHIPLOG_HOME: join(folder, home), SHIPLOG_SLOT: String(SLOT) });
  const clusterOf = (home: string) => {
    const cluster = new Cluster(settingsOf(home), () => undefined);
    cluster.home.make();
    return cluster;
  };
  const isOtherLauncher = (home: string, checkout?: string) => {
    const cluster = clusterOf(home);
    const { folder: path } = cluster.home;
    takeSlot(cluster.settings, { ...identityOf(other.pid!)!, home: path, checkout });
    return cluster;
  };
  const otherDies = async () => {
    other.kill('SIGKILL');
    await once(other, 'exit');
  };
  const refusal = async (work: () => unknown) => {
    const error = await Promise.resolve()
      .then(work)
      .catch((thrown: unknown) => thrown);
    if (error instanceof LauncherFailure) return `${error.message} → ${error.fix}`;
    throw new Error(`it was not refused: ${String(error)}`);
  };

  beforeAll(() => {
    // Somebody's cluster may be there all the same.
    refuseForeign(settingsFrom({ SHIPLOG_SLOT: String(SLOT), SHIPLOG_HOME: '/none' }));
  });
  beforeEach(() => {
    rmSync(slotFile, { force: true });
    folder = mkdtempSync(join(tmpdir(), 'shiplog-slot-'));
    other = spawn('sleep', ['300'], { stdio: 'ignore' });
    screen = '';
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
      screen += String(text);
      return true;
    });
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    if (other.exitCode === null && other.signalCode === null) await otherDies();
    rmSync(slotFile, { force: true });
    rmSync(folder, { recursive: true });
  });

  it('is claimed without any secret, and the home’s claim is its owner’s alone', () => {
    const cluster = clusterOf('a');
    cluster.natsUrl = 'nats://shiplog:secret-of-nats@127.0.0.1:4222';
    cluster.databaseUrl = 'postgres://shiplog:secret-of-postgres@127.0.0.1/shiplog';
    expect(claim(cluster).kind).toBe('free');
    announce(cluster, 'ready');
    expect(readFileSync(slotFile, 'utf8')).not.toMatch(/secret|nats|postgres/);
    expect([slotFile, cluster.home.claim].map((path) => statSync(path).mode & 0o077)).toEqual([0, 0]);
    expect(currentClaim(cluster.home.claim)).toMatchObject({ phase: 'ready', slot: SLOT, natsUrl: cluster.natsUrl });
    expect(claim(cluster, 'ready').kind).toBe('own');
    release(cluster);
    expect([slotFile, cluster.home.claim].some((path) => existsSync(path))).toBe(false);
  });

  it('is refused to start, down and reset of another home while its launcher lives: they say whose it is', async () => {
    isOtherLauncher('a');
    const b = clusterOf('b');
    const whose = `used by the cluster of ${join(folder, 'a')} (process ${other.pid})`;
    for (const work of [() => claim(b), () => down(b.settings), () => reset(b.settings)]) {
      expect(await refusal(work)).toContain(whose);
      expect(await refusal(work)).toContain(`SHIPLOG_SLOT=${SLOT + 1}`);
    }
    expect(existsSync(b.home.folder)).toBe(true);
    await status(b.settings);
    expect(screen).toContain(whose);
    expect(ownershipOf(b.settings).kind).toBe('foreign');
  });

  it('is another home’s too when only processes of its cluster are left', async () => {
    const a = isOtherLauncher('a');
    await otherDies();
    new ProcessRecords(a.home.records).write({ name: 'journal', rank: 0, ...identityOf(process.pid)! });
    expect(await refusal(() => claim(clusterOf('b')))).toContain('has died, but processes of it still run');
    expect(ownershipOf(a.settings).kind).toBe('leftover');
  });

  it('goes to another home once nothing of the former one runs, also when that home is gone', async () => {
    isOtherLauncher('a');
    await otherDies();
    rmSync(join(folder, 'a'), { recursive: true });
    const b = clusterOf('b');
    expect(claim(b)).toMatchObject({ kind: 'abandoned', claim: { home: join(folder, 'a') } });
    expect(ownershipOf(b.settings).kind).toBe('own');
  });

  it('is taken over by the same home after a crash, and given up by its down', async () => {
    const a = isOtherLauncher('a');
    expect(await refusal(() => claim(a))).toContain(`runs already (process ${other.pid}`);
    await otherDies();
    expect(claim(a).kind).toBe('leftover');
    release(a);
    other = spawn('sleep', ['300'], { stdio: 'ignore' });
    isOtherLauncher('a');
    await otherDies();
    await down(a.settings);
    expect(existsSync(slotFile)).toBe(false);
  });

  it('is left alone by down and reset of another checkout, also on the same home, as long as that one is there', async () => {
    const checkout = join(folder, 'checkout');
    mkdirSync(checkout);
    const a = isOtherLauncher('a', checkout);
    for (const work of [() => down(a.settings), () => reset(a.settings)])
      expect(await refusal(work)).toBe(
        `The cluster of ${a.home.folder} (process ${other.pid}) was started in ${checkout}: nothing was touched.` +
          ` → cd ${checkout} && npm run down`,
      );
    expect([existsSync(slotFile), existsSync(a.home.folder), isAlive(identityOf(other.pid!)!)]).toEqual([
      true,
      true,
      true,
    ]);
    rmSync(checkout, { recursive: true });
    await down(a.settings);
    expect(screen).toContain('stopped');
  });

  it('says which launcher to end, also when the home has lost its claim', async () => {
    const a = isOtherLauncher('a', REPOSITORY);
    await down(a.settings);
    expect(identityOf(other.pid!)).toBeUndefined();
    expect(existsSync(slotFile)).toBe(false);
  });

  it('is claimed again by its launcher when somebody removed what it had written', () => {
    const a = clusterOf('a');
    claim(a, 'ready');
    const written = [slotFile, a.home.claim].map((path) => readFileSync(path, 'utf8'));
    for (const path of [slotFile, a.home.claim]) rmSync(path);
    claimAgain(a);
    expect([slotFile, a.home.claim].map((path) => readFileSync(path, 'utf8'))).toEqual(written);
  });

  it('knows a home by whichever path leads to it', () => {
    claim(clusterOf('a'));
    symlinkSync(join(folder, 'a'), join(folder, 'link'));
    expect(ownershipOf(settingsOf('link')).kind).toBe('own');
  });

  it('keeps a reset from pods of another cluster on the same engine, whichever its slot is', async () => {
    const a = clusterOf('a');
    const dockerHost = 'unix:///shared.sock';
    takeSlot(a.settings, { ...identityOf(other.pid!)!, home: a.home.folder, dockerHost });
    const b = { ...settingsOf('b'), slot: SLOT + 1, dockerHost };
    expect(await refusal(() => reset(b))).toContain(`runs pods on ${dockerHost} too`);
  });

  it('whose file is not this user’s own is not believed', async () => {
    symlinkSync(join(folder, 'elsewhere'), slotFile);
    expect(await refusal(() => ownershipOf(settingsOf('a')))).toContain('symbolic link');
  });
});
