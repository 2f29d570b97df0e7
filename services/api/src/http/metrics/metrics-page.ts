import { Injectable } from '@nestjs/common';
import { servedApi } from '@shiplog/representation';
import { collectDefaultMetrics, Gauge, Registry, type Metric, type MetricValue } from 'prom-client';
import { ClusterCache } from '../../cache/cluster-cache';
import type { BodyAnswer } from '../../rest/answer';
import { FlowControl } from '../flow-control/flow-control';
import { InFlight } from '../in-flight';
import { flowSamples } from './flow-samples';
import { VERSION } from '../version';
import { RequestMetrics } from './request-metrics';
import { durations, longRunning, requestCounts, sizes, type Sample } from './samples';

type Kind = 'counter' | 'gauge' | 'histogram';

/** How often it is looked whether the event loop is late, in milliseconds. */
const LOOP_PRECISION_MS = 100;

/** `/metrics`: under Kubernetes' names, so that dashboards and alerts for it work. Nothing is collected before it is asked for. */
@Injectable()
export class MetricsPage {
  #registry: Registry | undefined;

  constructor(
    private readonly requests: RequestMetrics,
    private readonly inFlight: InFlight,
    private readonly flows: FlowControl,
    private readonly cluster: ClusterCache,
  ) {}

  async render(): Promise<BodyAnswer> {
    const registry = (this.#registry ??= this.#register());
    this.requests.prune(servedApi(this.cluster.catalog));
    return { kind: 'body', code: 200, type: registry.contentType, body: await registry.metrics(), verbatim: true };
  }

  #register(): Registry {
    const registry = new Registry();
    collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LOOP_PRECISION_MS });
    const { major, minor, gitVersion: git_version, platform } = VERSION;
    const build = { name: 'kubernetes_build_info', help: 'Which version this is.', registers: [registry] };
    const labels = { major, minor, git_version, platform };
    new Gauge({ ...build, labelNames: Object.keys(labels) }).set(labels, 1);
    for (const [name, type, help, read] of this.#families()) register(registry, name, type, help, read);
    return registry;
  }

  #families(): [name: string, type: Kind, help: string, read: () => Sample[]][] {
    const { requests } = this;
    return [
      ['apiserver_request_total', 'counter', 'Requests that were answered.', () => requestCounts(requests.series)],
      [
        'apiserver_request_duration_seconds',
        'histogram',
        'How long requests took, from their head to their answer.',
        () => durations('apiserver_request_duration_seconds', requests.series),
      ],
      [
        'apiserver_response_sizes',
        'histogram',
        'How large answers to reads were, in bytes.',
        () => sizes('apiserver_response_sizes', requests.series),
      ],
      ['apiserver_longrunning_requests', 'gauge', 'Watches and logs that go on.', () => longRunning(requests.series)],
      [
        'apiserver_current_inflight_requests',
        'gauge',
        'Requests that are being answered.',
        () => [
          { labels: { request_kind: 'readOnly' }, value: this.inFlight.now('reading') },
          { labels: { request_kind: 'mutating' }, value: this.inFlight.now('changing') },
        ],
      ],
      [
        'apiserver_watch_events_total',
        'counter',
        'Events that watches were sent.',
        () => [...requests.watchEvents].map(({ labels, count }) => ({ labels, value: count })),
      ],
      ['apiserver_storage_objects', 'gauge', 'Objects of each resource.', () => this.#objects()],
      ...flowSamples(this.flows),
    ];
  }

  #objects(): Sample[] {
    if (!this.cluster.isOpen) return [];
    const { state } = this.cluster.projection;
    return [...state.catalog.rows].map(({ id }) => ({ labels: { resource: id }, value: state.size(id) }));
  }
}

/**
 * A family whose numbers are read when the page is made. Its own counters and histograms would cost each request a text of all
 * its labels, and a sorting of them.
 */
function register(registry: Registry, name: string, type: Kind, help: string, read: () => Sample[]): void {
  const values = (): MetricValue<string>[] => read();
  const family = {
    name,
    help,
    type,
    aggregator: 'sum',
    get: () => Promise.resolve({ name, help, type, aggregator: 'sum', values: values() }),
    reset: () => undefined,
  };
  registry.registerMetric(family as unknown as Metric);
}
