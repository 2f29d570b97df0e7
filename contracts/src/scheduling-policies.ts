/** With this annotation a pod, or a namespace for those of its pods that have none, names the SchedulingPolicy that decides. */
export const POLICY_ANNOTATION = 'scheduling.shiplog.dev/policy';

/** What the policy that every cluster has is called: no object may have this name, and pods may name it as they name others. */
export const DEFAULT_POLICY_NAME = 'default';

/** A filter that a SchedulingPolicy may name. */
interface KnownFilter {
  readonly name: string;
  /** What would become of a pod that was placed without it: no policy may leave it out. Absent: it is a wish. */
  readonly neededBecause?: string;
}

const REFUSED_BY_KUBELET = 'the kubelet asks it again, and pods that it refuses fail';

/**
 * Every filter, in the order in which they are asked: a policy says which, never in which order. Names are never reused,
 * policies in the log have them.
 */
export const KNOWN_FILTERS = [
  { name: 'NodeUnschedulable' },
  { name: 'NodeName', neededBecause: REFUSED_BY_KUBELET },
  { name: 'TaintToleration', neededBecause: 'pods on nodes with taints that they do not tolerate are evicted' },
  { name: 'NodeAffinity', neededBecause: REFUSED_BY_KUBELET },
  { name: 'NodePorts', neededBecause: REFUSED_BY_KUBELET },
  { name: 'NodeResourcesFit', neededBecause: REFUSED_BY_KUBELET },
  { name: 'VolumeRestrictions', neededBecause: 'pods whose volumes are in use elsewhere would never start' },
  { name: 'VolumeBinding', neededBecause: 'pods would never start where their volumes cannot be had' },
  { name: 'VolumeZone', neededBecause: 'pods would never start where their volumes cannot be reached' },
  { name: 'PodTopologySpread' },
  { name: 'InterPodAffinity' },
] as const satisfies readonly KnownFilter[];

/** The name of a filter that a SchedulingPolicy may have. */
export type FilterName = (typeof KNOWN_FILTERS)[number]['name'];

/** Every score that a SchedulingPolicy may name; never reused, as those of filters. */
export const KNOWN_SCORES = [
  'NodeResourcesLeastAllocated',
  'NodeResourcesMostAllocated',
  'NodeResourcesRequestedToCapacityRatio',
  'NodeResourcesBalancedAllocation',
  'ImageLocality',
  'SpreadByOwner',
  'PreferredNodeAffinity',
  'PreferUntainted',
  'PreferredTopologySpread',
  'PreferredInterPodAffinity',
] as const;

/** The name of a score that a SchedulingPolicy may have. */
export type ScoreName = (typeof KNOWN_SCORES)[number];

/** Scores that rate how full nodes are, each in another way: one at most may have a weight. */
export const ALLOCATION_SCORES: readonly ScoreName[] = [
  'NodeResourcesLeastAllocated',
  'NodeResourcesMostAllocated',
  'NodeResourcesRequestedToCapacityRatio',
];
