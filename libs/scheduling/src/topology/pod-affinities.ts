import type { Affinity, PodAffinityTerm } from '@shiplog/contracts';
import type { PodFacts } from '../facts/pod-facts';
import { labelTerms, podMatcher, type PodMatcher } from './pod-matcher';

/** Other pods, and the label of nodes by which near is told from far. */
export interface TopologyTerm {
  readonly matcher: PodMatcher;
  readonly topologyKey: string;
}

/** A term that is a preference, or counts as one. */
export interface WeightedTerm extends TopologyTerm {
  /** Below zero: better far from them. */
  readonly weight: number;
}

/** A term that a placed pod holds about pods to come. */
export interface HeldTerm extends WeightedTerm {
  /** It keeps them off (required anti-affinity); otherwise it weighs. */
  readonly isRequired: boolean;
}

/** What a pod asks of where other pods are. */
export interface PodAffinities {
  /** Pods that all required terms mean together: such pods alone meet any of them, as in Kubernetes. */
  readonly companions: PodMatcher | undefined;
  /** Where one of its companions must be. */
  readonly near: readonly string[];
  readonly farFrom: readonly TopologyTerm[];
  readonly preferred: readonly WeightedTerm[];
  /** What it asks once it is placed. */
  readonly held: readonly HeldTerm[];
}

/** What a required affinity of placed pods weighs for those that it means (hardPodAffinityWeight). */
const HARD_AFFINITY_WEIGHT = 1;

const known = new WeakMap<Affinity, Map<string, PodAffinities>>();

/** Undefined when a pod asks nothing. Kept by the identity of its affinity, which a projection shares between pods. */
export function podAffinities({ pod, namespace }: PodFacts): PodAffinities | undefined {
  const affinity = pod.spec?.affinity;
  if (affinity?.podAffinity === undefined && affinity?.podAntiAffinity === undefined) return undefined;
  let byNamespace = known.get(affinity);
  if (byNamespace === undefined) known.set(affinity, (byNamespace = new Map()));
  let affinities = byNamespace.get(namespace);
  if (affinities === undefined) byNamespace.set(namespace, (affinities = affinitiesOf(affinity, namespace)));
  return affinities;
}

function affinitiesOf({ podAffinity, podAntiAffinity }: Affinity, namespace: string): PodAffinities {
  const termOf = (term: PodAffinityTerm): TopologyTerm => topologyTerm(term, namespace);
  const near = (podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map(termOf);
  const farFrom = (podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map(termOf);
  const weighted = (sign: 1 | -1, { preferredDuringSchedulingIgnoredDuringExecution = [] } = podAffinity ?? {}) =>
    preferredDuringSchedulingIgnoredDuringExecution.map(({ weight, podAffinityTerm }) => ({
      ...termOf(podAffinityTerm),
      weight: sign * weight,
    }));
  const preferred = [...weighted(1), ...weighted(-1, podAntiAffinity ?? {})];
  return {
    companions: near.length === 0 ? undefined : podMatcher(near.flatMap(({ matcher }) => matcher.choices)),
    near: near.map(({ topologyKey }) => topologyKey),
    farFrom,
    preferred,
    held: [
      ...farFrom.map((term) => ({ ...term, weight: 1, isRequired: true })),
      ...near.map((term) => ({ ...term, weight: HARD_AFFINITY_WEIGHT, isRequired: false })),
      ...preferred.map((term) => ({ ...term, isRequired: false })),
    ],
  };
}

/** Without any namespaces it means the pod's own. matchLabelKeys are in the selector since the pod was admitted. */
function topologyTerm(term: PodAffinityTerm, namespace: string): TopologyTerm {
  const { namespaces = [], namespaceSelector, labelSelector, topologyKey } = term;
  const isOwn = namespaces.length === 0 && namespaceSelector === undefined;
  const choice = {
    namespaces: isOwn ? [namespace] : namespaces,
    namespacesWith: labelTerms(namespaceSelector),
    labels: labelTerms(labelSelector),
  };
  return { matcher: podMatcher([choice]), topologyKey };
}
