import { existsSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { canHaveMinions, TestMinion } from '../testing/test-minion';
import { repair } from '../underlay/repair-underlay';
import { pingEngine } from './engine-client';

(canHaveMinions ? describe : describe.skip)('the engine of a minion', () => {
  let test: TestMinion;
  beforeAll(async () => {
    test = await TestMinion.start();
  });
  afterAll(() => test.stop());

  it('listens for root alone: members of the group docker are not let in', () => {
    const { uid, gid, mode } = statSync(test.minion.socket);
    expect({ uid, gid, others: mode & 0o007 }).toEqual({ uid: 0, gid: 0, others: 0 });
  });

  it('has its sockets in a folder that others can neither list nor write to', () => {
    expect(statSync(dirname(test.minion.socket)).mode & 0o777).toBe(0o711);
  });

  it('is made again with its folder and its configuration when those have vanished', async () => {
    const { cluster, minion } = test;
    for (const name of ['docker.sock', 'dockerd.json', 'containerd.toml']) rmSync(join(minion.runDir, name));
    expect(existsSync(minion.socket)).toBe(false);
    const restarted = await repair(cluster, [{ kind: 'engine', name: minion.socket, minion }]);
    expect(restarted).toEqual(['minion-1-dockerd', 'minion-1-containerd']);
    expect(await pingEngine(test.dockerHost)).toBe(true);
    expect(existsSync(join(minion.home, 'docker.sock'))).toBe(true);
  });
});
