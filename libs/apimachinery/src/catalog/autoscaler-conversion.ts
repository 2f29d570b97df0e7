import type { HorizontalPodAutoscaler, HorizontalPodAutoscalerSpecV1, KubeObject } from '@shiplog/contracts';
import { isJsonObject } from '../values/json-object';
import { decodedList, metricsFromV1, metricsToV1, parsed } from './autoscaler-metrics';

/**
 * autoscaling/v1 knows one metric, the use of CPU as a part of what pods ask for. All else that v2 has it carries in annotations, so
 * that nothing is lost on the way there and back (pkg/apis/autoscaling/v1/conversion.go in Kubernetes).
 */
const PREFIX = 'autoscaling.alpha.kubernetes.io/';
const METRICS = `${PREFIX}metrics`;
const CURRENT_METRICS = `${PREFIX}current-metrics`;
const CONDITIONS = `${PREFIX}conditions`;
const BEHAVIOR = `${PREFIX}behavior`;
const CARRIED: readonly string[] = [METRICS, CURRENT_METRICS, CONDITIONS, BEHAVIOR];

type Annotations = Readonly<Record<string, string>>;
type Metric = NonNullable<NonNullable<HorizontalPodAutoscaler['spec']>['metrics']>[number];

const isCpuShare = ({ type, resource }: Metric): boolean =>
  type === 'Resource' && resource?.name === 'cpu' && resource.target.averageUtilization !== undefined;

/** A stored autoscaler as autoscaling/v1 shows it. */
export function autoscalerToV1(object: KubeObject): KubeObject {
  const { spec, status } = object as unknown as HorizontalPodAutoscaler;
  const { metrics = [], behavior, ...others } = spec ?? {};
  const { currentMetrics = [], conditions = [], ...counts } = status ?? {};
  const carried: Record<string, string> = {};
  const rest = metrics.filter((metric) => !isCpuShare(metric));
  if (rest.length > 0) carried[METRICS] = metricsToV1(rest, 'MetricSpec');
  if (currentMetrics.length > 0) carried[CURRENT_METRICS] = metricsToV1(currentMetrics, 'MetricStatus');
  if (conditions.length > 0) carried[CONDITIONS] = JSON.stringify(conditions);
  if (behavior !== undefined) carried[BEHAVIOR] = JSON.stringify(behavior);
  const target = metrics.find(isCpuShare)?.resource?.target.averageUtilization;
  const current = currentMetrics.find(({ type, resource }) => type === 'Resource' && resource?.name === 'cpu');
  const used = current?.resource?.current.averageUtilization;
  return {
    ...withAnnotations(object, { ...withoutCarried(object.metadata.annotations), ...carried }),
    ...(spec === undefined ? {} : { spec: { ...others, ...optional('targetCPUUtilizationPercentage', target) } }),
    ...(status === undefined
      ? {}
      : { status: { currentReplicas: 0, ...counts, ...optional('currentCPUUtilizationPercentage', used) } }),
  };
}

/** An autoscaler of autoscaling/v1 as it is stored. What annotations carry counts only as far as it is what it should be. */
export function autoscalerFromV1(object: KubeObject): KubeObject {
  const { annotations = {} } = object.metadata;
  return {
    ...withAnnotations(object, withoutCarried(annotations)),
    ...(isJsonObject(object['spec']) ? { spec: specFromV1(object['spec'] as never, annotations) } : {}),
    ...(isJsonObject(object['status']) ? { status: statusFromV1(object['status'], annotations) } : {}),
  };
}

function specFromV1(
  { targetCPUUtilizationPercentage: share, ...others }: HorizontalPodAutoscalerSpecV1,
  annotations: Annotations,
): object {
  const target = { type: 'Utilization', averageUtilization: share };
  const cpu = share === undefined ? [] : [{ type: 'Resource', resource: { name: 'cpu', target } }];
  const metrics = [...(metricsFromV1(annotations[METRICS], 'MetricSpec') ?? []), ...cpu];
  const behavior = parsed(annotations[BEHAVIOR]);
  const decoded = isJsonObject(behavior)
    ? decodedList([behavior], 'io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerBehavior')?.[0]
    : undefined;
  return { ...others, ...(metrics.length > 0 ? { metrics } : {}), ...optional('behavior', decoded) };
}

function statusFromV1(
  { currentCPUUtilizationPercentage: share, ...counts }: Record<string, unknown>,
  annotations: Annotations,
): object {
  const current = { averageUtilization: share };
  const cpu = share === undefined ? undefined : [{ type: 'Resource', resource: { name: 'cpu', current } }];
  const conditions = parsed(annotations[CONDITIONS]);
  const decoded =
    Array.isArray(conditions) && conditions.every(isJsonObject)
      ? decodedList(conditions, 'io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerCondition')
      : undefined;
  return {
    ...counts,
    ...optional('currentMetrics', metricsFromV1(annotations[CURRENT_METRICS], 'MetricStatus') ?? cpu),
    ...optional('conditions', decoded),
  };
}

const optional = (field: string, value: unknown): object => (value === undefined ? {} : { [field]: value });

function withoutCarried(annotations: Annotations = {}): Annotations {
  return Object.fromEntries(Object.entries(annotations).filter(([key]) => !CARRIED.includes(key)));
}

function withAnnotations(object: KubeObject, annotations: Annotations): KubeObject {
  const { annotations: _before, ...metadata } = object.metadata;
  const none = Object.keys(annotations).length === 0;
  return { ...object, metadata: { ...metadata, ...(none ? {} : { annotations }) } };
}
