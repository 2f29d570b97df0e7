/**
 * Why no node takes a pod, as Kubernetes says it in FailedScheduling:
 * `0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu.`
 */
export function unavailableSentence(nodes: number, reasons: ReadonlyMap<string, number>): string {
  if (nodes === 0) return 'no nodes available to schedule pods';
  const counted = [...reasons].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${nodes} nodes are available: ${counted.join(', ')}.`;
}
