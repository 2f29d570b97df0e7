/**
 * The groups that Kubernetes itself serves, the most important first (the group priorities of its API services): clients take
 * the first group that has a resource of the name that they look for.
 */
const PRIORITIES = [
  '',
  'apiregistration.k8s.io',
  'apps',
  'events.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'storage.k8s.io',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'scheduling.k8s.io',
  'coordination.k8s.io',
  'node.k8s.io',
  'discovery.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'resource.k8s.io',
];
const RANKS: ReadonlyMap<string, number> = new Map(PRIORITIES.map((group, rank) => [group, rank]));

/** Orders groups as discovery lists them: those of Kubernetes by their priority, then all others by name. */
export function byGroupPriority(a: string, b: string): number {
  const [rank, other] = [a, b].map((group) => RANKS.get(group) ?? PRIORITIES.length) as [number, number];
  if (rank !== other) return rank - other;
  return a < b ? -1 : a > b ? 1 : 0;
}
