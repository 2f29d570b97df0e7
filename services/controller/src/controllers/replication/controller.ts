import { matchesSelectorMap } from '@shiplog/apimachinery';
import { controllerOfReplicas } from '../../domain/replicas/controller';
import type { ReplicaKind } from '../../domain/replicas/kind';

export const REPLICATION_CONTROLLER: ReplicaKind<'replicationcontrollers'> = {
  resource: 'replicationcontrollers',
  apiVersion: 'v1',
  kind: 'ReplicationController',
  component: 'replication-controller',
  matches: ({ spec }, labels) => matchesSelectorMap(spec?.selector, labels),
};

/** Keeps as many pods running as each ReplicationController asks for. */
export const replicationController = controllerOfReplicas('replication', REPLICATION_CONTROLLER);
