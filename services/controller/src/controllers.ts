import type { FactoryProvider } from '@nestjs/common';
import type { Controller } from './runtime/domain/controller';
import { CONFIG } from '@shiplog/service';
import type { PastJournal } from './again/domain/decide-again';
import { DaemonSetController } from './controllers/daemon-sets/controller';
import { cronJobController } from './controllers/cron-jobs/controller';
import { definitionController } from './controllers/definitions/controller';
import { apiServiceController } from './controllers/api-services/controller';
import { clusterRoleController } from './controllers/cluster-roles/controller';
import { certificateApprovalController } from './controllers/certificate-approval/controller';
import { certificateCleaningController } from './controllers/certificate-cleaning/controller';
import { certificateController } from './controllers/certificates/controller';
import { AutoscalingController } from './controllers/autoscaling/controller';
import { AUTOSCALER_DEFAULTS, type AutoscalerSettings } from './controllers/autoscaling/settings';
import { NO_ADAPTER, type MetricSources } from './controllers/autoscaling/sources';
import { disruptionController } from './controllers/disruption/controller';
import { deploymentController } from './controllers/deployments/controller';
import { endpointsController } from './controllers/endpoints/controller';
import { ephemeralVolumeController } from './controllers/ephemeral-volumes/controller';
import { eventsController } from './controllers/events/controller';
import { loadBalancerController } from './controllers/load-balancers/controller';
import { LiveClient } from './runtime/live-client';
import { KubeletMetrics } from './usage/kubelet-metrics';
import { GarbageController } from './controllers/garbage/controller';
import { jobController } from './controllers/jobs/controller';
import { jobOrphanController } from './controllers/jobs/orphans';
import { jobTtlController } from './controllers/jobs/ttl';
import { namespaceContentController } from './controllers/namespace-content/controller';
import { namespaceController } from './controllers/namespaces/controller';
import { NodeLifecycleController } from './controllers/nodes/controller';
import { Heartbeats } from './controllers/nodes/heartbeats';
import { podCidrController } from './controllers/pod-cidrs/controller';
import { PodGcController } from './controllers/pod-gc/controller';
import { replicaSetController } from './controllers/replica-sets/controller';
import { replicationController } from './controllers/replication/controller';
import { StatefulSetController } from './controllers/stateful-sets/controller';
import { volumeProtectionController } from './controllers/volume-protection/controller';
import { volumeController } from './controllers/volumes/controller';
import type { LocalVolumes } from './controllers/volumes/local-volumes';
import { NodeVolumes } from './node-volumes';
import { certificateAuthority } from './signing/certificate-authority';
import { certificateOf, loadBalancerRangesOf, podRangesOf, type ControllerConfig } from './settings';

/** Only who has the key of the clients' authority signs. */
function signing(config: ControllerConfig): Controller[] {
  const authority = certificateAuthority(config);
  if (authority === undefined) return [];
  return [certificateController(authority), certificateApprovalController((csr) => authority.read(csr))];
}

/** Without addresses to give, Services wait for somebody else's balancer, as in a cluster without a cloud. */
function balancing(config: ControllerConfig): Controller[] {
  const ranges = loadBalancerRangesOf(config);
  return ranges.length === 0 ? [] : [loadBalancerController(ranges)];
}

/** What controllers ask for beside the state. */
export type ControllerClient = Pick<LiveClient, 'ask' | 'now' | 'upToDate'>;

function autoscaling(config: ControllerConfig): AutoscalerSettings {
  return {
    ...AUTOSCALER_DEFAULTS,
    syncPeriodMs: config.autoscalerSyncMs,
    downscaleStabilizationMs: config.autoscalerStabilizationMs,
    cpuInitializationMs: config.autoscalerCpuInitializationMs,
    initialReadinessDelayMs: config.autoscalerReadinessDelayMs,
  };
}

/** Injects every controller of the cluster there is: `@Inject(CONTROLLERS) controllers: readonly Controller[]`. */
export const CONTROLLERS = Symbol('controllers');

/** Every controller there is, a row each. */
export const controllersProvider: FactoryProvider<readonly Controller[]> = {
  provide: CONTROLLERS,
  inject: [CONFIG, LiveClient, Heartbeats, NodeVolumes, KubeletMetrics],
  useFactory: (
    config: ControllerConfig,
    client: ControllerClient,
    heartbeats: Heartbeats,
    volumes: LocalVolumes,
    metrics: MetricSources,
  ) => [
    podCidrController(podRangesOf(config)),
    namespaceContentController(certificateOf(config)),
    ...signing(config),
    certificateCleaningController,
    replicationController,
    replicaSetController,
    deploymentController,
    new StatefulSetController(),
    new DaemonSetController(),
    volumeController(volumes),
    volumeProtectionController,
    jobController,
    jobOrphanController,
    jobTtlController,
    cronJobController,
    ephemeralVolumeController,
    endpointsController,
    ...balancing(config),
    disruptionController((key) => client.ask(key)),
    new AutoscalingController(metrics, (key) => client.ask(key), autoscaling(config)),
    apiServiceController,
    clusterRoleController,
    new NodeLifecycleController(heartbeats, config.nodeMonitorGraceMs, () => client.now()),
    new PodGcController({ quarantineMs: config.podGcQuarantineMs, endedPodsKept: config.endedPodsKept }),
    eventsController(config.eventTtlMs),
    namespaceController(() => client.upToDate()),
    definitionController(() => client.upToDate()),
    new GarbageController((key) => client.ask(key)),
  ],
};

/** What nodes answered is in the log, too. */
const unheard = (): never => {
  throw new Error('no node is asked again');
};
const NO_NODES: LocalVolumes = { make: unheard, remove: unheard };
const NO_METRICS: MetricSources = { usageOf: unheard, custom: NO_ADAPTER };

/** Controllers that make the decisions of a log again: they hear nothing but what the log has. */
export function controllersOfPast(config: ControllerConfig, journal: PastJournal): readonly Controller[] {
  const client: ControllerClient = { ...journal, now: () => 0 };
  return controllersProvider.useFactory(
    config,
    client,
    new Heartbeats(0),
    NO_NODES,
    NO_METRICS,
  ) as readonly Controller[];
}
