import type { Score } from '../../rule';

/** Best is the node that would have the largest part of its cpu and memory left (NodeResourcesFit's LeastAllocated). */
export const leastAllocated: Score = {
  kind: 'score',
  name: 'NodeResourcesLeastAllocated',
  scale: 'points',
  rate({ likelyUse }) {
    return (node) => {
      const cpu = partLeft(node.offers.cpu, node.likelyUse.cpu + likelyUse.cpu);
      const memory = partLeft(node.offers.memory, node.likelyUse.memory + likelyUse.memory);
      return Math.floor((cpu + memory) / 2);
    };
  },
};

/** 0..100; 0 where nothing is offered. */
function partLeft(offered: number, used: number): number {
  return used >= offered ? 0 : Math.floor(((offered - used) * 100) / offered);
}
