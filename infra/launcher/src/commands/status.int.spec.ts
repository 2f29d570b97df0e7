import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HealthOfAll } from '@shiplog/contracts';
import { freePort, serve, TestNats } from '@shiplog/testing';
import { Cluster } from '../cluster';
import { serveControl } from '../control/control';
import { announce, claim, release } from '../launcher-claim';
import { identityOf } from '../processes/identity';
import { RANK } from '../processes/registry';
import { settingsFrom } from '../settings';
import { status } from './status';

/** No developer's cluster, and no other test's. */
const SLOT = '6';

describe('the status of a cluster', () => {
  const home = mkdtempSync(join(tmpdir(), 'shiplog-status-'));
  let nats: TestNats;
  let sleeper: ChildProcess;
  let screen: string;

  /** A cluster of this process' own, on an engine that is the user's: nothing of it lies in the kernel. */
  const clusterAt = (natsUrl: string): Cluster => {
    const env = { SHIPLOG_HOME: home, SHIPLOG_SLOT: SLOT, NATS_URL: natsUrl, DOCKER_HOST: 'unix:///nowhere.sock' };
    const cluster = new Cluster(settingsFrom(env), () => undefined);
    cluster.home.make();
    cluster.natsUrl = natsUrl;
    claim(cluster);
    return cluster;
  };
  const rows = () =>
    screen
      .trimEnd()
      .split('\n')
      .map((line) => line.trim().split(/ {2,}/));

  beforeAll(async () => {
    nats = await TestNats.start();
    sleeper = spawn('sleep', ['300'], { stdio: 'ignore' });
  });
  beforeEach(() => {
    screen = '';
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
      screen += String(text);
      return true;
    });
  });
  afterEach(() => jest.restoreAllMocks());
  afterAll(async () => {
    await nats.stop();
    sleeper.kill();
    await once(sleeper, 'exit');
    rmSync(home, { recursive: true });
  });

  it('is that nothing runs, with what to type, before there is one', async () => {
    await status(settingsFrom({ SHIPLOG_HOME: home, SHIPLOG_SLOT: SLOT }));
    expect(screen).toBe('  Nothing runs. npm start, or npm run up\n');
  });

  it('names each process with what it says of itself, first those that others rest on', async () => {
    const cluster = clusterAt(nats.url);
    const { records } = cluster.registry;
    records.write({ name: 'journal', rank: RANK.journal, ...identityOf(sleeper.pid!)! });
    records.write({ name: 'nats', rank: 0, ...identityOf(process.pid)! });
    const bus = await nats.bus('journal', { role: 'journal', name: 'main' });
    const report = { service: 'journal', instance: 'main', uptimeSeconds: 1, rssBytes: 1, pid: sleeper.pid! };
    const served = await serve(bus, HealthOfAll, () => ({ ...report, ready: false, detail: 'waits\u001b[31m for it' }));
    announce(cluster, 'ready');
    const control = serveControl(home, cluster.registry);
    await status(cluster.settings);
    control.close();
    expect(rows().slice(0, 4)).toEqual([
      [`not ready; launcher is process ${process.pid}`],
      ['! not ready: journal'],
      [''],
      ['NAME', 'STATE', 'PID', 'MEMORY', 'DETAIL'],
    ]);
    expect(rows()[4]).toEqual(['nats', 'runs', String(process.pid), expect.stringMatching(/^\d+ MiB$/)]);
    expect(rows()[5]?.slice(0, 3)).toEqual(['journal', 'not ready', String(sleeper.pid)]);
    // What a service says of itself can't steer the terminal.
    expect(rows()[5]?.at(-1)).toContain('waits');
    expect(screen).not.toContain('\u001b');
    served.close();
    release(cluster);
  });

  it('shows the processes also while NATS does not answer, and says that it does not', async () => {
    const cluster = clusterAt(`nats://127.0.0.1:${await freePort()}`);
    cluster.registry.records.write({ name: 'journal', rank: RANK.journal, ...identityOf(sleeper.pid!)! });
    await status(cluster.settings);
    expect(screen).toContain(`starting; launcher is process ${process.pid}`);
    expect(screen).toMatch(/! NATS does not answer \(.*\): readiness is not known/);
    expect(rows().at(-1)?.slice(0, 3)).toEqual(['journal', 'runs', String(sleeper.pid)]);
    release(cluster);
  });

  it('names what has ended unasked, and a launcher that hangs', async () => {
    const cluster = clusterAt(nats.url);
    const ended = spawn('true', { stdio: 'ignore' });
    const identity = identityOf(ended.pid!)!;
    await once(ended, 'exit');
    cluster.registry.records.write({ name: 'journal', rank: RANK.journal, ...identity });
    announce(cluster, 'ready');
    await status(cluster.settings);
    expect(screen).toContain('not ready; launcher is process');
    expect(screen).toContain('! its launcher does not answer');
    expect(screen).toContain('! down: journal');
    expect(rows().at(-1)).toEqual(['journal', 'down', 'ended']);
    release(cluster);
  });

  it('is that no launcher runs when only processes are left, with what ends them', async () => {
    const cluster = clusterAt(nats.url);
    cluster.registry.records.write({ name: 'journal', rank: RANK.journal, ...identityOf(sleeper.pid!)! });
    release(cluster);
    await status(cluster.settings);
    expect(screen).toContain('No launcher runs, but these do (npm run down ends them)');
  });
});
