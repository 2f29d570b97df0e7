import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Cluster } from '../cluster';
import { makeUnderlay, plugMinion } from '../underlay/underlay';
import { repair } from '../underlay/repair-underlay';
import { claim, release } from '../launcher-claim';
import { settingsFrom } from '../settings';
import { clearSlot, unmountBelow } from '../slot/clear-slot';
import { findTool, isRoot } from '../system/tools';
import { pingEngine } from './engine-client';
import { startEngine } from './minion-engine';

/** No developer's cluster, and not that of the end-to-end tests. */
const SLOT = '7';
const canRun = process.platform === 'linux' && isRoot() && findTool('dockerd') !== undefined;

(canRun ? describe : describe.skip)('the engine of a minion', () => {
  const home = mkdtempSync(join(tmpdir(), 'shiplog-engine-'));
  const settings = settingsFrom({ SHIPLOG_HOME: home, SHIPLOG_SLOT: SLOT }, { minions: '1' });
  const cluster = new Cluster(settings, () => undefined);
  const minion = cluster.layout.minions[0]!;
  const socket = `unix://${minion.socket}`;

  beforeAll(async () => {
    cluster.home.make();
    // Should somebody's cluster be there all the same, this refuses.
    claim(cluster);
    await makeUnderlay(cluster.layout);
    await plugMinion(cluster.layout, minion);
    await startEngine(cluster, minion);
  });
  afterAll(async () => {
    await cluster.registry.stop(() => undefined);
    await clearSlot(cluster.layout);
    await unmountBelow(home);
    release(cluster);
    rmSync(home, { recursive: true });
  });

  it('listens for root alone: members of the group docker are not let in', () => {
    const { uid, gid, mode } = statSync(minion.socket);
    expect({ uid, gid, others: mode & 0o007 }).toEqual({ uid: 0, gid: 0, others: 0 });
  });

  it('has its sockets in a folder that others can neither list nor write to', () => {
    expect(statSync(dirname(minion.socket)).mode & 0o777).toBe(0o711);
  });

  it('is made again with its folder and its configuration when those have vanished', async () => {
    rmSync(join(minion.runDir, 'docker.sock'));
    rmSync(join(minion.runDir, 'dockerd.json'));
    rmSync(join(minion.runDir, 'containerd.toml'));
    expect(existsSync(minion.socket)).toBe(false);
    const restarted = await repair(cluster, [{ kind: 'engine', name: minion.socket, minion }]);
    expect(restarted).toEqual(['minion-1-dockerd', 'minion-1-containerd']);
    expect(await pingEngine(socket)).toBe(true);
    expect(existsSync(join(minion.home, 'docker.sock'))).toBe(true);
  });
});
