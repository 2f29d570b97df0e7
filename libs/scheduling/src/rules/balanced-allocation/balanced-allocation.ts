import type { Score } from '../../rule';

/**
 * Best is the node whose cpu and memory would be requested to the same degree, so that neither runs out while the other
 * lies idle (NodeResourcesBalancedAllocation). A pod that asks for neither changes no balance.
 */
export const balancedAllocation: Score = {
  kind: 'score',
  name: 'NodeResourcesBalancedAllocation',
  scale: 'points',
  rate({ requests }) {
    const cpu = requests.get('cpu') ?? 0;
    const memory = requests.get('memory') ?? 0;
    if (cpu === 0 && memory === 0) return undefined;
    return (node) => {
      const { offers, share } = node;
      if (offers.cpu === 0 || offers.memory === 0) return 100;
      const distance = part(offers.cpu, share.cpu + cpu) - part(offers.memory, share.memory + memory);
      // The standard deviation of two numbers is half their distance.
      return Math.floor((1 - Math.abs(distance) / 2) * 100);
    };
  },
};

/** How much of what is offered is asked for, at most all of it. */
function part(offered: number, asked: number): number {
  return Math.min(asked / offered, 1);
}
