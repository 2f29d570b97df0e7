import type { ReadonlyCluster } from '@shiplog/cluster';
import type { MetricSpec, MetricStatus, MetricTarget, MetricValueStatus } from '@shiplog/contracts';
import { formatQuantity, parseQuantity } from '@shiplog/apimachinery';
import type { StoredPod } from '@shiplog/kube';
import { goSelectorText } from '../../domain/go-selector';
import { byAverage, byShare, byUtilization, byValue, type Proposed, type Scene } from './replicas';
import type { ContainerUsage, MetricSources, PodMetric, PodMetrics } from './sources';

/** What one metric of an autoscaler comes to; a record of it is enough to decide on it again. */
export type MetricReading =
  | {
      readonly ok: true;
      readonly replicas: number;
      /** As `the HPA was able to … from` says it. */
      readonly name: string;
      readonly status: MetricStatus;
    }
  | {
      readonly ok: false;
      /** Of condition and event. */
      readonly reason: string;
      readonly message: string;
      /** Among those of other metrics. */
      readonly summary: string;
    };

/** What is wrong with an autoscaler's metrics, in one line. */
export function summaryOf(readings: readonly MetricReading[]): string {
  const invalid = readings.filter((reading) => !reading.ok);
  const count = `${invalid.length} invalid out of ${readings.length}`;
  return `invalid metrics (${count}), first error is: ${invalid[0]?.summary ?? ''}`;
}

/** What metrics are read for. */
export interface MetricScene extends Scene {
  readonly state: ReadonlyCluster;
  readonly namespace: string;
  /** Of the target's status. */
  readonly statusReplicas: number;
  /** Of the pods, as text. */
  readonly selector: string;
}

/** A reading before it has a reason and a summary. */
type Read = Extract<MetricReading, { ok: true }> | { readonly ok: false; readonly message: string };

/** Reads one metric (computeReplicasForMetric of Kubernetes' horizontal controller). Never rejects. */
export async function readMetric(scene: MetricScene, spec: MetricSpec, sources: MetricSources): Promise<MetricReading> {
  const [read, reason, subject] = await readOf(scene, spec, sources);
  return read.ok ? read : { ...read, reason, summary: `failed to get ${subject} metric value: ${read.message}` };
}

async function readOf(
  scene: MetricScene,
  spec: MetricSpec,
  sources: MetricSources,
): Promise<[Read, reason: string, subject: string]> {
  const { resource, containerResource, pods, object, external } = spec;
  if (spec.type === 'Resource' && resource !== undefined) {
    const read = await readResource(scene, resource, undefined, sources);
    return [read, 'FailedGetResourceMetric', `${resource.name} resource`];
  }
  if (spec.type === 'ContainerResource' && containerResource !== undefined) {
    const read = await readResource(scene, containerResource, containerResource.container, sources);
    return [read, 'FailedGetContainerResourceMetric', `${containerResource.name} container`];
  }
  if (spec.type === 'Pods' && pods !== undefined) {
    return [await readPods(scene, pods, sources), 'FailedGetPodsMetric', 'pods'];
  }
  if (spec.type === 'Object' && object !== undefined) {
    return [await readObject(scene, object, sources), 'FailedGetObjectMetric', 'object'];
  }
  if (spec.type === 'External' && external !== undefined) {
    return [
      await readExternal(scene, external, sources),
      'FailedGetExternalMetric',
      `${external.metric.name} external`,
    ];
  }
  const message = `unknown metric source type ${JSON.stringify(spec.type)}`;
  return [{ ok: false, message }, 'InvalidMetricSourceType', spec.type];
}

async function readResource(
  scene: MetricScene,
  { name, target }: { readonly name: string; readonly target: MetricTarget },
  container: string | undefined,
  sources: MetricSources,
): Promise<Read> {
  const metrics = usedOf(name, container, scene.pods, await sources.usageOf(scene.state, scene.pods));
  const { averageValue, averageUtilization } = target;
  const used = averageValue === undefined ? 'utilization' : 'usage';
  const failing = (message: string): Read => ({ ok: false, message: `failed to get ${name} ${used}: ${message}` });
  if (typeof metrics === 'string') return failing(`unable to get metrics for resource ${name}: ${metrics}`);
  if (averageValue === undefined && averageUtilization === undefined) {
    const neither = 'neither an average utilization target nor an average value (usage) target was set';
    return { ok: false, message: `invalid resource metric source: ${neither}` };
  }
  const proposed =
    averageValue === undefined
      ? byUtilization(scene, name, metrics, averageUtilization ?? 0, container)
      : byAverage(scene, name, metrics, amountOf(averageValue));
  if (!proposed.ok) return failing(proposed.message);
  const current: MetricValueStatus = {
    ...(proposed.utilization !== undefined && { averageUtilization: proposed.utilization }),
    averageValue: quantityOf(proposed.amount),
  };
  const subject = container === undefined ? 'resource' : 'container resource';
  return {
    ok: true,
    replicas: proposed.replicas,
    name: averageValue === undefined ? `${name} ${subject} utilization (percentage of request)` : `${name} resource`,
    status:
      container === undefined
        ? { type: 'Resource', resource: { name, current } }
        : { type: 'ContainerResource', containerResource: { name, container, current } },
  };
}

async function readPods(
  scene: MetricScene,
  { metric, target }: NonNullable<MetricSpec['pods']>,
  { custom }: MetricSources,
): Promise<Read> {
  const metrics = await attempt(() => custom.ofPods(scene.namespace, scene.selector, metric));
  if (!metrics.ok) return { ok: false, message: `unable to get metric ${metric.name}: ${metrics.message}` };
  const proposed = byAverage(scene, '', metrics.value, amountOf(target.averageValue));
  return readingOf(proposed, `pods metric ${metric.name}`, (averageValue) => ({
    type: 'Pods',
    pods: { metric, current: { averageValue } },
  }));
}

async function readObject(
  scene: MetricScene,
  { metric, target, describedObject }: NonNullable<MetricSpec['object']>,
  { custom }: MetricSources,
): Promise<Read> {
  const { namespace, statusReplicas } = scene;
  const isShared = target.type === 'AverageValue';
  if (!isShared && target.type !== 'Value') {
    const neither = 'neither a value target nor an average value target was set';
    return { ok: false, message: `invalid object metric source: ${neither}` };
  }
  const found = await attempt(() => custom.ofObject(namespace, describedObject, metric));
  if (!found.ok) {
    // In this order Kubernetes says it.
    const { kind, name } = describedObject;
    return {
      ok: false,
      message: `unable to get metric ${metric.name}: ${kind} on ${namespace} ${name}/${found.message}`,
    };
  }
  const proposed = isShared
    ? byShare(scene, statusReplicas, found.value, amountOf(target.averageValue))
    : byValue(scene, found.value, amountOf(target.value));
  const name = isShared ? `external metric ${described(metric)}` : `${describedObject.kind} metric ${metric.name}`;
  return readingOf(proposed, name, (amount) => ({
    type: 'Object',
    object: { describedObject, metric, current: isShared ? { averageValue: amount } : { value: amount } },
  }));
}

async function readExternal(
  scene: MetricScene,
  { metric, target }: NonNullable<MetricSpec['external']>,
  { custom }: MetricSources,
): Promise<Read> {
  const { namespace, statusReplicas } = scene;
  const { averageValue, value } = target;
  if (averageValue === undefined && value === undefined) {
    const neither = 'neither a value target nor an average value target was set';
    return { ok: false, message: `invalid external metric source: ${neither}` };
  }
  const found = await attempt(() => custom.external(namespace, metric));
  if (!found.ok) {
    const which = `${namespace}/${metric.name}/${goSelectorText(metric.selector)}`;
    return { ok: false, message: `unable to get external metric ${which}: ${found.message}` };
  }
  const sum = found.value.reduce((all, amount) => all + amount, 0);
  const isShared = averageValue !== undefined;
  const proposed = isShared
    ? byShare(scene, statusReplicas, sum, amountOf(averageValue))
    : byValue(scene, sum, amountOf(value));
  return readingOf(proposed, `external metric ${described(metric)}`, (amount) => ({
    type: 'External',
    external: { metric, current: isShared ? { averageValue: amount } : { value: amount } },
  }));
}

function readingOf(proposed: Proposed, name: string, status: (amount: string) => MetricStatus): Read {
  if (!proposed.ok) return proposed;
  return { ok: true, replicas: proposed.replicas, name, status: status(quantityOf(proposed.amount)) };
}

/** What pods use of a resource, by their names; or in Kubernetes' words why that is not known. */
function usedOf(
  resource: string,
  container: string | undefined,
  pods: readonly StoredPod[],
  usage: ReadonlyMap<string, readonly ContainerUsage[]>,
): PodMetrics | string {
  const metrics = new Map<string, PodMetric>();
  for (const { metadata } of pods) {
    const containers = usage.get(metadata.uid) ?? [];
    if (containers.length === 0) continue;
    const counted = container === undefined ? containers : containers.filter(({ name }) => name === container);
    if (counted.length === 0) {
      const where = `${metadata.namespace ?? ''}/${metadata.name}`;
      return `failed to get container metrics: container ${container ?? ''} not present in metrics for pod ${where}`;
    }
    const amounts = counted.map((one) => usedBy(one, resource)).filter((amount) => amount !== undefined);
    if (amounts.length < counted.length) continue;
    metrics.set(metadata.name, {
      value: amounts.reduce((sum, amount) => sum + amount, 0),
      timeMs: Math.min(...containers.map(({ time }) => Date.parse(time))),
      windowMs: Math.max(...containers.map(({ windowMs }) => windowMs)),
    });
  }
  return metrics.size === 0 ? 'no metrics returned from resource metrics API' : metrics;
}

function usedBy({ nanoCores, memoryBytes }: ContainerUsage, resource: string): number | undefined {
  if (resource === 'cpu') return Math.ceil(nanoCores / 1_000_000);
  return resource === 'memory' ? memoryBytes * 1_000 : undefined;
}

function amountOf(quantity: string | undefined): number {
  return Number(parseQuantity(quantity ?? '') ?? 0n);
}

function quantityOf(amount: number): string {
  return formatQuantity(BigInt(Math.trunc(amount)));
}

/** As Go prints name and selector of a metric. */
function described({ name, selector }: NonNullable<MetricSpec['external']>['metric']): string {
  return `${name}(${goSelectorText(selector)})`;
}

async function attempt<T>(
  read: () => Promise<T>,
): Promise<{ readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string }> {
  try {
    return { ok: true, value: await read() };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}
