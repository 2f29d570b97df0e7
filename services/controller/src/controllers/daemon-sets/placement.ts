import type { Affinity, ObjectOf, PodTemplateSpec, Toleration } from '@shiplog/contracts';
import { tolerated, type StoredNode, type StoredPod } from '@shiplog/kube';
import { matchesTerm } from '@shiplog/scheduling';

export type DaemonSet = ObjectOf<'daemonsets.apps'>;
type PodSpec = NonNullable<PodTemplateSpec['spec']>;

/** Whether a set wants a pod on a node. */
export interface Placement {
  /** One is to be made where none is. */
  readonly runs: boolean;
  /** One that is there may stay. */
  readonly stays: boolean;
}

const NOWHERE: Placement = { runs: false, stays: false };
const NODE_NAME = 'metadata.name';

/** What every node has sooner or later, and a set's pods bear (AddOrUpdateDaemonPodTolerations of Kubernetes). */
const BORNE: readonly Toleration[] = [
  ...['not-ready', 'unreachable'].map((condition) => exists(condition, 'NoExecute')),
  ...['disk-pressure', 'memory-pressure', 'pid-pressure', 'unschedulable'].map((condition) =>
    exists(condition, 'NoSchedule'),
  ),
];
const NETWORK_UNAVAILABLE = exists('network-unavailable', 'NoSchedule');

function exists(condition: string, effect: string): Toleration {
  return { key: `node.kubernetes.io/${condition}`, operator: 'Exists', effect };
}

/** Where a set's pods belong (NodeShouldRunDaemonPod): the node's name, labels and taints decide, never its room. */
export function placementOf({ spec }: DaemonSet): (node: StoredNode) => Placement {
  const pod: PodSpec = spec?.template.spec ?? { containers: [] };
  const tolerations = tolerationsOf(pod);
  const selector = Object.entries(pod.nodeSelector ?? {});
  const terms = pod.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return ({ metadata: { name, labels = {} }, spec: { taints = [] } = {} }) => {
    if ((pod.nodeName ?? '') !== '' && pod.nodeName !== name) return NOWHERE;
    if (!selector.every(([key, value]) => labels[key] === value)) return NOWHERE;
    if (terms !== undefined && !terms.some((term) => matchesTerm(term, { name, labels }))) return NOWHERE;
    const untolerated = taints.filter((taint) => !tolerated(tolerations, taint)).map(({ effect }) => effect);
    const stays = !untolerated.includes('NoExecute');
    return { runs: stays && !untolerated.includes('NoSchedule'), stays };
  };
}

/** The spec of a set's pod for one node: it bears what nodes have, and the scheduler has no other place for it. */
export function specFor(template: PodTemplateSpec, node: string): PodSpec {
  const spec = template.spec ?? { containers: [] };
  return { ...spec, tolerations: tolerationsOf(spec), affinity: pinned(spec.affinity, node) };
}

function tolerationsOf({ tolerations = [], hostNetwork = false }: PodSpec): Toleration[] {
  const added = hostNetwork ? [...BORNE, NETWORK_UNAVAILABLE] : BORNE;
  const isAdded = (given: Toleration): boolean =>
    added.some(
      ({ key, operator, effect }) => given.key === key && given.operator === operator && given.effect === effect,
    );
  return [...tolerations.filter((given) => !isAdded(given)), ...added];
}

/** Takes the place of what nodes the affinity requires: the node has been found to meet that (ReplaceDaemonSetPodNodeNameNodeAffinity). */
function pinned(affinity: Affinity | undefined, node: string): Affinity {
  const matchFields = [{ key: NODE_NAME, operator: 'In', values: [node] }];
  const required = { nodeSelectorTerms: [{ matchFields }] };
  const nodeAffinity = { ...affinity?.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: required };
  return { ...affinity, nodeAffinity };
}

/** The node that a pod is on or pinned to; undefined for one that somebody made without either (GetTargetNodeName). */
export function targetOf({ spec }: StoredPod): string | undefined {
  if ((spec?.nodeName ?? '') !== '') return spec?.nodeName;
  const required = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  for (const { matchFields = [] } of required?.nodeSelectorTerms ?? []) {
    for (const { key, operator, values = [] } of matchFields) {
      if (key === NODE_NAME && operator === 'In' && values.length === 1) return values[0];
    }
  }
  return undefined;
}
