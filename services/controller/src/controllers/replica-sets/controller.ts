import { matchesLabelSelector } from '@shiplog/apimachinery';
import { controllerOfReplicas } from '../../domain/replicas/controller';
import type { ReplicaKind } from '../../domain/replicas/kind';

export const REPLICA_SET: ReplicaKind<'replicasets.apps'> = {
  resource: 'replicasets.apps',
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  component: 'replicaset-controller',
  matches: ({ spec }, labels) => matchesLabelSelector(spec?.selector, labels),
};

/** Keeps as many pods running as each ReplicaSet asks for. */
export const replicaSetController = controllerOfReplicas('replica-sets', REPLICA_SET);
