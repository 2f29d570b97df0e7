import type { Step } from '../cluster';
import { makeFabric, plugMinion, removeFabric } from '../fabric/fabric';
import { RANK } from '../processes/registry';

/** The network that joins the minions of this machine. */
export const fabric: Step = {
  title: 'Network between minions',
  async run(cluster) {
    const { layout } = cluster;
    cluster.registry.atEnd({ title: 'network', rank: RANK.fabric, run: () => removeFabric(layout) });
    await makeFabric(layout);
    await Promise.all(layout.minions.map((minion) => plugMinion(layout, minion)));
    return `bridge ${layout.bridge}, ${layout.fabricCidr}`;
  },
};
