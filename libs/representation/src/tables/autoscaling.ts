import type { HorizontalPodAutoscaler, MetricSpec, MetricStatus, PodDisruptionBudget } from '@shiplog/contracts';
import { ageOf } from '../duration';
import { AGE, count, NAME, NONE, text, type Printer } from './column';

const UNKNOWN = '<unknown>';
const SHOWN_METRICS = 2;

interface Amounts {
  readonly value?: string;
  readonly averageValue?: string;
  readonly averageUtilization?: number;
}

export const horizontalPodAutoscalerPrinter: Printer<HorizontalPodAutoscaler> = {
  columns: [
    NAME,
    text('Reference', 'What is scaled.'),
    text('Targets', 'What is measured now, and what is aimed at.'),
    text('MinPods', 'The fewest pods that it may have.'),
    text('MaxPods', 'The most pods that it may have.'),
    text('Replicas', 'How many pods it has.'),
    AGE,
  ],
  cells: ({ metadata, spec, status }, now) => [
    metadata.name ?? '',
    `${spec?.scaleTargetRef.kind ?? ''}/${spec?.scaleTargetRef.name ?? ''}`,
    formatMetrics(spec?.metrics ?? [], status?.currentMetrics ?? []),
    spec?.minReplicas === undefined ? '<unset>' : String(spec.minReplicas),
    spec?.maxReplicas ?? 0,
    status?.currentReplicas ?? 0,
    ageOf(metadata.creationTimestamp, now),
  ],
};

/** `cpu: 10%/80%, 3/5 + 1 more...`; metrics and their states go together by their places. */
function formatMetrics(specs: readonly MetricSpec[], statuses: readonly MetricStatus[]): string {
  if (specs.length === 0) return NONE;
  const shown = specs.slice(0, SHOWN_METRICS).map((spec, i) => formatMetric(spec, statuses[i]));
  const more = specs.length - SHOWN_METRICS;
  return `${shown.join(', ')}${more > 0 ? ` + ${more} more...` : ''}`;
}

function formatMetric(spec: MetricSpec, status: MetricStatus | undefined): string {
  switch (spec.type) {
    case 'Resource':
      return `${spec.resource?.name}: ${formatShare(spec.resource?.target, status?.resource?.current)}`;
    case 'ContainerResource':
      return `${spec.containerResource?.name}: ${formatShare(spec.containerResource?.target, status?.containerResource?.current)}`;
    case 'Pods':
      return `${status?.pods?.current.averageValue ?? UNKNOWN}/${spec.pods?.target.averageValue}`;
    case 'Object':
      return formatAmount(spec.object?.target, status?.object?.current);
    case 'External':
      return formatAmount(spec.external?.target, status?.external?.current);
    default:
      return '<unknown type>';
  }
}

function formatShare(target: Amounts = {}, current: Amounts = {}): string {
  if (target.averageValue !== undefined) return `${current.averageValue ?? UNKNOWN}/${target.averageValue}`;
  return `${percent(current.averageUtilization, UNKNOWN)}/${percent(target.averageUtilization, '<auto>')}`;
}

function percent(part: number | undefined, otherwise: string): string {
  return part === undefined ? otherwise : `${part}%`;
}

function formatAmount(target: Amounts = {}, current: Amounts = {}): string {
  if (target.averageValue === undefined) return `${current.value ?? UNKNOWN}/${target.value ?? NONE}`;
  return `${current.averageValue ?? UNKNOWN}/${target.averageValue} (avg)`;
}

export const podDisruptionBudgetPrinter: Printer<PodDisruptionBudget> = {
  columns: [
    NAME,
    text('Min Available', 'How many pods must stay available.'),
    text('Max Unavailable', 'How many pods may be unavailable.'),
    count('Allowed Disruptions', 'How many pods may be evicted now.'),
    AGE,
  ],
  cells: ({ metadata, spec, status }, now) => [
    metadata.name ?? '',
    String(spec?.minAvailable ?? 'N/A'),
    String(spec?.maxUnavailable ?? 'N/A'),
    status?.disruptionsAllowed ?? 0,
    ageOf(metadata.creationTimestamp, now),
  ],
};
