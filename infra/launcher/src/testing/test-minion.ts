import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cluster } from '../cluster';
import { startEngine } from '../engines/minion-engine';
import { claim, release } from '../launcher-claim';
import type { MinionLayout } from '../layout';
import { settingsFrom, type RuntimeName } from '../settings';
import { clearSlot, unmountBelow } from '../slot/clear-slot';
import { findTool, isRoot } from '../system/tools';
import { makeUnderlay, plugMinion } from '../underlay/underlay';

/** No developer's cluster, and not that of the end-to-end tests. */
const SLOT = '7';

/** Whether this machine can have a minion with an engine of its own. */
export const canHaveMinions = process.platform === 'linux' && isRoot() && findTool('dockerd') !== undefined;

/** A minion with its engine and no services, as the launcher makes it, in a slot of the tests' own. */
export class TestMinion {
  private constructor(
    readonly cluster: Cluster,
    readonly minion: MinionLayout,
  ) {}

  static async start(runtime: RuntimeName = 'docker'): Promise<TestMinion> {
    const home = mkdtempSync(join(tmpdir(), 'shiplog-minion-'));
    const settings = settingsFrom({ SHIPLOG_HOME: home, SHIPLOG_SLOT: SLOT }, { minions: '1', runtime });
    const cluster = new Cluster(settings, () => undefined);
    const [minion] = cluster.layout.minions;
    if (minion === undefined) throw new Error('a layout of one minion has none');
    cluster.home.make();
    // Should somebody's cluster be there all the same, this refuses.
    claim(cluster);
    await makeUnderlay(cluster.layout);
    await plugMinion(cluster.layout, minion);
    await startEngine(cluster, minion);
    return new TestMinion(cluster, minion);
  }

  /** Where its engine listens. */
  get dockerHost(): string {
    return `unix://${this.minion.socket}`;
  }

  async stop(): Promise<void> {
    await this.cluster.registry.stop(() => undefined);
    await clearSlot(this.cluster.layout);
    await unmountBelow(this.cluster.home.folder);
    release(this.cluster);
    rmSync(this.cluster.home.folder, { recursive: true });
  }
}
