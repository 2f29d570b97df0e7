import type { Step } from '../cluster';
import { makeUnderlay, plugMinion, removeUnderlay } from '../underlay/underlay';
import { RANK } from '../processes/registry';
import { removeHostRules } from '../services/host-rules';

/** The network that joins the minions of this machine. */
export const underlay: Step = {
  title: 'Network between minions',
  async run(cluster) {
    const { layout } = cluster;
    cluster.registry.atEnd({ title: 'network', rank: RANK.underlay, run: () => removeUnderlay(layout) });
    cluster.registry.atEnd({ title: 'service rules', rank: RANK.rules, run: () => removeHostRules(layout) });
    await makeUnderlay(layout);
    await Promise.all(layout.minions.map((minion) => plugMinion(layout, minion)));
    return `bridge ${layout.bridge}, ${layout.underlayCidr}`;
  },
};
