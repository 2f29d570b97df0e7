import { compareQuantities } from '@shiplog/apimachinery';
import {
  annotationOf,
  bestVolumeFor,
  requestOf,
  storageClassOf,
  VOLUME_ANNOTATIONS,
  type StoredClaim,
  type StoredStorageClass,
  type StoredVolume,
} from '@shiplog/kube';
import type { NodeFacts } from '../facts/node-facts';
import { matchesTerm } from '../rules/node-selector';
import type { Volumes } from './volumes';

/** What has to be written before a pod can be bound to a node: its claims have no volumes yet. */
export interface VolumePlan {
  /** Volumes that there are, kept for claims; those that are kept already are among them. */
  readonly kept: readonly { readonly claim: StoredClaim; readonly volume: StoredVolume }[];
  /** Claims whose volumes are to be made for the node. */
  readonly made: readonly StoredClaim[];
}

/** How claims without a volume get one on each node; undefined for a node where one of them can't (FindPodVolumes of the volume binder). */
export function plannerFor(
  claims: readonly StoredClaim[],
  volumes: Volumes,
): (node: NodeFacts) => VolumePlan | undefined {
  // The smallest first: a larger volume is left to who needs it.
  const wishes = [...claims]
    .sort((a, b) => compareQuantities(requestOf(a), requestOf(b)))
    .map((claim) => ({
      claim,
      selected: annotationOf(claim, VOLUME_ANNOTATIONS.selectedNode),
      storageClass: volumes.storageClass(storageClassOf(claim)),
      candidates: [...volumes.all()].filter((volume) => bestVolumeFor(claim, [volume]) !== undefined),
    }));
  return (node) => {
    const kept: { claim: StoredClaim; volume: StoredVolume }[] = [];
    const made: StoredClaim[] = [];
    for (const { claim, selected, storageClass, candidates } of wishes) {
      if (selected !== undefined) {
        if (selected !== node.name) return undefined;
        made.push(claim);
        continue;
      }
      const mayServe = (volume: StoredVolume): boolean =>
        isReachable(volume, node) && !kept.some((other) => other.volume === volume);
      const volume = bestVolumeFor(claim, candidates, { mayServe });
      if (volume !== undefined) kept.push({ claim, volume });
      else if (mayMake(storageClass, node)) made.push(claim);
      else return undefined;
    }
    return { kept, made };
  };
}

/** Whether a volume may be had on a node (CheckNodeAffinity of component-helpers/storage/volume). */
export function isReachable({ spec }: StoredVolume, node: Pick<NodeFacts, 'name' | 'labels'>): boolean {
  const required = spec?.nodeAffinity?.required;
  return required === undefined || required.nodeSelectorTerms.some((term) => matchesTerm(term, node));
}

function mayMake(storageClass: StoredStorageClass | undefined, node: NodeFacts): boolean {
  const { provisioner = '', allowedTopologies = [] } = storageClass ?? {};
  if (provisioner === '' || provisioner === 'kubernetes.io/no-provisioner') return false;
  if (allowedTopologies.length === 0) return true;
  return allowedTopologies.some(({ matchLabelExpressions = [] }) =>
    matchLabelExpressions.every(({ key, values }) => {
      return Object.hasOwn(node.labels, key) && values.includes(node.labels[key] ?? '');
    }),
  );
}
