import type { ReadonlyCluster } from '@shiplog/cluster';
import type { CrossVersionObjectReference, MetricIdentifier, NodeUsage } from '@shiplog/contracts';
import type { StoredPod } from '@shiplog/kube';

/** What a container uses, by its kubelet's word. */
export type ContainerUsage = NodeUsage['pods'][number]['containers'][number];

/** A figure of one pod: in thousandths, when it was measured, over how long. */
export interface PodMetric {
  readonly value: number;
  readonly timeMs: number;
  readonly windowMs: number;
}

/** By the names of pods. */
export type PodMetrics = ReadonlyMap<string, PodMetric>;

/** Metrics of applications, that somebody's adapter serves. All reject, in Kubernetes' words, with why there are none. */
export interface CustomMetrics {
  /** Of each of the pods that a selector (as text) chooses, as far as it is known. */
  ofPods(namespace: string, selector: string, metric: MetricIdentifier): Promise<PodMetrics>;
  /** Of one object, in thousandths. */
  ofObject(namespace: string, object: CrossVersionObjectReference, metric: MetricIdentifier): Promise<number>;
  /** Of something outside of the cluster, in thousandths: one for each series. */
  external(namespace: string, metric: MetricIdentifier): Promise<readonly number[]>;
}

/** Where the figures come from that an autoscaler decides by. */
export interface MetricSources {
  /** What the containers of some pods use now, by the uids of the pods; of whom nothing is known is not there. */
  usageOf(state: ReadonlyCluster, pods: readonly StoredPod[]): Promise<ReadonlyMap<string, readonly ContainerUsage[]>>;
  readonly custom: CustomMetrics;
}

/** A cluster in which no adapter is installed says this. */
export const NO_ADAPTER: CustomMetrics = {
  ofPods: () => Promise.reject(new Error(NO_CUSTOM_API)),
  ofObject: () => Promise.reject(new Error(NO_CUSTOM_API)),
  external: (_namespace, { name }) =>
    Promise.reject(
      new Error(
        `unable to fetch metrics from external metrics API: the server could not find the requested resource (get ${name}.external.metrics.k8s.io)`,
      ),
    ),
};

const NO_CUSTOM_API =
  'unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered';
