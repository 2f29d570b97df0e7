import { existsSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { canHaveMinions, TestMinion } from '../testing/test-minion';
import { repair } from '../underlay/repair-underlay';
import { runtimeOf } from './runtimes';

const ENGINES = [
  { runtime: 'docker', processes: ['dockerd', 'containerd'], configuration: ['dockerd.json', 'containerd.toml'] },
  { runtime: 'containerd', processes: ['containerd'], configuration: ['config/containerd.toml'] },
] as const;

(canHaveMinions ? describe : describe.skip).each(ENGINES)(
  'the engine of a minion that has $runtime',
  ({ runtime, processes, configuration }) => {
    let test: TestMinion;
    beforeAll(async () => {
      test = await TestMinion.start(runtime);
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
      const { runDir, socket, home } = minion;
      for (const path of [socket, ...configuration.map((name) => join(runDir, name))]) rmSync(path);
      expect(existsSync(socket)).toBe(false);
      const restarted = await repair(cluster, [{ kind: 'engine', name: socket, minion }]);
      expect(restarted).toEqual(processes.map((name) => `minion-1-${name}`));
      expect(await runtimeOf(minion).answers(minion)).toBe(true);
      expect(existsSync(join(home, basename(socket)))).toBe(true);
    });
  },
);
