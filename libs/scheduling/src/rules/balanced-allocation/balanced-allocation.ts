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
      const cpuPart = part(node.allocatable.get('cpu'), (node.requested.get('cpu') ?? 0) + cpu);
      const memoryPart = part(node.allocatable.get('memory'), (node.requested.get('memory') ?? 0) + memory);
      if (cpuPart === undefined || memoryPart === undefined) return 100;
      // The standard deviation of two numbers is half their distance.
      return Math.floor((1 - Math.abs(cpuPart - memoryPart) / 2) * 100);
    };
  },
};

/** How much of what is offered is asked for, at most all of it; undefined where nothing is offered. */
function part(offered: number | undefined, asked: number): number | undefined {
  return offered === undefined ? undefined : Math.min(asked / offered, 1);
}
