import { NO_CLUSTER } from '../facts/cluster-facts';
import type { Filter, Refusal } from '../rule';
import { podClaims } from '../volumes/pod-claims';
import { isReachable, plannerFor } from '../volumes/volume-plan';

const GONE: Refusal = ['node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)'];
const ELSEWHERE: Refusal = ['node(s) had volume node affinity conflict'];
const NONE_THERE: Refusal = ["node(s) didn't find available persistent volumes to bind"];

/** A pod goes where its claims' volumes are, or where those that wait for it can get one (VolumeBinding). */
export const volumeBinding: Filter = {
  kind: 'filter',
  name: 'VolumeBinding',
  scope: 'cluster',
  unresolvable: 'all',
  queueingHints: ['VolumesChanged', 'NodeLabelsChanged'],
  refuse(pod, { volumes }) {
    if (pod.claims.length === 0) return undefined;
    const claims = podClaims(pod, volumes);
    return typeof claims === 'string' ? claims : undefined;
  },
  check(pod, { volumes } = NO_CLUSTER) {
    if (pod.claims.length === 0) return undefined;
    const claims = podClaims(pod, volumes);
    if (typeof claims === 'string') return undefined;
    const bound = claims.bound.map(({ spec }) => volumes.volume(spec?.volumeName ?? ''));
    const planOn = plannerFor(claims.waiting, volumes);
    return (node) => {
      for (const volume of bound) {
        if (volume === undefined) return GONE;
        if (!isReachable(volume, node)) return ELSEWHERE;
      }
      return planOn(node) === undefined ? NONE_THERE : undefined;
    };
  },
  plan(pod, node, { volumes }) {
    if (pod.claims.length === 0) return undefined;
    const claims = podClaims(pod, volumes);
    if (typeof claims === 'string' || claims.waiting.length === 0) return undefined;
    return plannerFor(claims.waiting, volumes)(node);
  },
};
