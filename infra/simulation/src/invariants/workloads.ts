import { REPLICA_SET } from '../../../../services/controller/src/controllers/replica-sets/controller';
import { REPLICATION_CONTROLLER } from '../../../../services/controller/src/controllers/replication/controller';
import { DAEMON_SETS } from './daemon-sets';
import { DEPLOYMENTS } from './deployments';
import { DISRUPTIONS } from './disruptions';
import { JOBS } from './jobs';
import { replicasRule } from './replicas';
import { STATEFUL_SETS } from './stateful-sets';
import type { WorkloadRule } from './workload';

/** What must hold of workloads, by the name of the controller that sees to them. */
export const WORKLOAD_RULES: ReadonlyMap<string, WorkloadRule> = new Map([
  ['replication', replicasRule(REPLICATION_CONTROLLER)],
  ['replica-sets', replicasRule(REPLICA_SET)],
  ['deployments', DEPLOYMENTS],
  ['job', JOBS],
  ['stateful-sets', STATEFUL_SETS],
  ['daemon-sets', DAEMON_SETS],
  ['disruption', DISRUPTIONS],
]);
