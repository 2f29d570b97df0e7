import type { Step } from '../cluster';
import { makeFabric, plugMinion, removeFabric } from '../fabric/fabric';
import { RANK } from '../processes/registry';
import { removeHostRules } from '../services/host-rules';

/** The network that joins the minions of this machine. */
export const fabric: Step = {
  title: 'Network between minions',
  async run(cluster) {
    const { layout } = cluster;
    cluster.registry.atEnd({ title: 'network', rank: RANK.fabric, run: () => removeFabric(layout) });
    cluster.registry.atEnd({ title: 'service rules', rank: RANK.rules, run: () => removeHostRules(layout) });
    await makeFabric(layout);
    await Promise.all(layout.minions.map((minion) => plugMinion(layout, minion)));
    return `bridge ${layout.bridge}, ${layout.fabricCidr}`;
  },
};
