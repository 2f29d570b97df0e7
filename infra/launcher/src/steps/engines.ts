import type { Step } from '../cluster';
import { startEngine } from '../engines/minion-engine';
import { stopContainers } from '../engines/stop-containers';
import { RANK } from '../processes/registry';

/** A Docker engine per minion. */
export const engines: Step = {
  title: "Minions' engines",
  async run(cluster) {
    const { minions } = cluster.layout;
    for (const minion of minions) {
      const stop = () => stopContainers(`unix://${minion.socket}`);
      cluster.registry.atEnd({ title: `containers of ${minion.name}`, rank: RANK.containers, run: stop });
    }
    await Promise.all(minions.map((minion) => startEngine(cluster, minion)));
    return minions.map((minion) => minion.name).join(', ');
  },
};
