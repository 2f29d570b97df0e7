import { join } from 'node:path';
import type { Step } from '../cluster';
import { startEngine } from '../engines/minion-engine';
import { runtimeOf } from '../engines/runtimes';
import { unmountBelow } from '../slot/clear-slot';
import { RANK } from '../processes/registry';

/** What runs the containers of each minion. */
export const engines: Step = {
  title: "Minions' engines",
  async run(cluster) {
    const { minions } = cluster.layout;
    for (const minion of minions) {
      const stop = async (): Promise<void> => {
        await runtimeOf(minion).stopContainers(minion);
        // What the kubelet has mounted for pods outlives it; nothing uses it any more.
        await unmountBelow(join(minion.home, 'kubelet'));
      };
      cluster.registry.atEnd({ title: `containers of ${minion.name}`, rank: RANK.containers, run: stop });
      const unmount = async (): Promise<void> => {
        for (const folder of [minion.home, minion.runDir]) await unmountBelow(folder);
      };
      cluster.registry.atEnd({ title: `mounts of ${minion.name}`, rank: RANK.store, run: unmount });
    }
    await Promise.all(minions.map((minion) => startEngine(cluster, minion)));
    return minions.map((minion) => minion.name).join(', ');
  },
};
