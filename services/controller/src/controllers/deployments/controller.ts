import { localKey, splitKey } from '@shiplog/contracts';
import type { ReadonlyCluster } from '@shiplog/cluster';
import { controllerOf } from '@shiplog/kube';
import { matchesLabelSelector } from '@shiplog/apimachinery';
import {
  SETTLED,
  type Controller,
  type ObjectChange,
  type ReconcileRequest,
  type ReconcileResult,
} from '../../runtime/domain/controller';
import { candidatesOf, keyOfItself, keysOfAll, keysOfOwners } from '../../domain/claims';
import { refusedCreation } from '../../domain/pod-making';
import { isPodFinished } from '../../domain/pods';
import { isRolling } from './budget';
import { decideDeployment } from './decide';

const SETS = 'replicasets.apps';

/** Brings a Deployment's pods to its present template, set by set. Keys: the Deployment's namespace/name. */
export const deploymentController: Controller = {
  name: 'deployments',
  watches: {
    'deployments.apps': keyOfItself,
    [SETS]: keysOfOwners('Deployment', 'deployments.apps', ({ spec }, labels) =>
      matchesLabelSelector(spec?.selector, labels),
    ),
    pods: keyOfRecreated,
  },
  allKeys: keysOfAll('deployments.apps'),
  reconcile,
};

/** A pod has ended: the Deployment that waits for the end of all old ones before it has new ones. */
function keyOfRecreated({ before, after }: ObjectChange<'pods'>, state: ReadonlyCluster): string[] {
  if (before === undefined || isPodFinished(before)) return [];
  if (after !== undefined && !isPodFinished(after)) return [];
  const { namespace = '' } = before.metadata;
  const set = controllerOf(before);
  if (set?.kind !== 'ReplicaSet') return [];
  const owner = controllerOf(state.get(SETS, namespace, set.name));
  if (owner?.kind !== 'Deployment') return [];
  const deployment = state.get('deployments.apps', namespace, owner.name);
  return deployment === undefined || isRolling(deployment) ? [] : [localKey(namespace, owner.name)];
}

function reconcile(key: string, { state, now, refused }: ReconcileRequest): ReconcileResult {
  const { namespace, name } = splitKey(key);
  const deployment = state.get('deployments.apps', namespace, name);
  if (deployment === undefined) return SETTLED;
  return decideDeployment({
    deployment,
    sets: candidatesOf(state, SETS, deployment.metadata),
    isTaken: (taken) => state.get(SETS, namespace, taken) !== undefined,
    podsOf: ({ metadata }) => state.controlledBy('pods', metadata.uid),
    now,
    failure: refusedCreation(refused, SETS),
    namespaceTerminating: state.get('namespaces', '', namespace)?.metadata.deletionTimestamp !== undefined,
  });
}
