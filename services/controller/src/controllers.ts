import type { ObjectKey, StoredObject } from '@shiplog/contracts';
import type { Cidr } from '@shiplog/machinery';
import type { Controller } from '@shiplog/reconciling';
import { endpointsController } from './endpoints/controller';
import { GarbageController } from './garbage/controller';
import { namespaceContentController } from './namespace-content/controller';
import { namespaceController } from './namespaces/controller';
import { NodeLifecycleController } from './nodes/controller';
import type { Heartbeats } from './nodes/heartbeats';
import { podCidrController } from './pod-cidrs/controller';
import { PodGcController } from './pod-gc/controller';
import { replicationController } from './replication/controller';

/** What the controllers need beside the state. */
export interface ControllerNeeds {
  clusterCidr: Cidr;
  nodeCidrPrefix: number;
  heartbeats: Heartbeats;
  nodeMonitorGraceMs: number;
  /** Milliseconds since 1970. */
  clock: () => number;
  podGcQuarantineMs: number;
  endedPodsKept: number;
  certificate?: string;
  /** The journal's word on an object as it is now. */
  ask: (key: ObjectKey) => Promise<StoredObject | null>;
  /** Resolves when the state holds all that the journal had committed at the time of asking. */
  upToDate: () => Promise<void>;
}

/** Every controller there is, a row each. */
export function allControllers(needs: ControllerNeeds): Controller[] {
  return [
    podCidrController(needs.clusterCidr, needs.nodeCidrPrefix),
    namespaceContentController(needs.certificate),
    replicationController,
    endpointsController,
    new NodeLifecycleController(needs.heartbeats, needs.nodeMonitorGraceMs, needs.clock),
    new PodGcController({ quarantineMs: needs.podGcQuarantineMs, endedPodsKept: needs.endedPodsKept }),
    namespaceController(needs.upToDate),
    new GarbageController(needs.ask),
  ];
}
