import type { MetricIdentifier, MetricSpec, MetricTarget } from '@shiplog/contracts';
import { dnsLabel, milliOf, pathSegment, type Problems, qualifiedName } from '@shiplog/apimachinery';
import { validateReference } from './reference';

const TYPES = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'];
const TARGET_TYPES = ['Utilization', 'Value', 'AverageValue'];

/** Where each type of metric has its description; in the order in which Kubernetes looks at them. */
const SOURCES = [
  ['Object', 'object'],
  ['External', 'external'],
  ['Pods', 'pods'],
  ['Resource', 'resource'],
  ['ContainerResource', 'containerResource'],
] as const;
const SHARE_OR_AMOUNT = 'must set either a target raw value or a target utilization';

/** Kubernetes' rules for what an autoscaler goes by. */
export function validateMetrics(metrics: readonly MetricSpec[], at: string, problems: Problems): void {
  metrics.forEach((metric, i) => validateMetric(metric, `${at}[${i}]`, problems));
}

function validateMetric(metric: MetricSpec, at: string, problems: Problems): void {
  if (metric.type === '') problems.required(`${at}.type`, 'must specify a metric source type');
  problems.unlessOneOf(`${at}.type`, metric.type, TYPES);
  const present = SOURCES.filter(([, field]) => metric[field] !== undefined);
  const first = present[0]?.[1];
  if (first !== undefined) validateSource(metric, first, `${at}.${first}`, problems);
  const expected = SOURCES.find(([type]) => type === metric.type)?.[1];
  if (expected !== undefined && metric[expected] === undefined) {
    problems.required(`${at}.${expected}`, 'must populate information for the given metric source');
  }
  // Kubernetes says it where it looks at the type first, and where it has looked at all sources.
  if (expected === undefined) problems.unlessOneOf(`${at}.type`, metric.type, TYPES);
  if (present.length < 2) return;
  for (const [, field] of present) {
    if (field !== expected) problems.forbidden(`${at}.${field}`, 'must populate the given metric source only');
  }
}

function validateSource(metric: MetricSpec, field: (typeof SOURCES)[number][1], at: string, problems: Problems): void {
  switch (field) {
    case 'object':
      if (metric.object === undefined) return;
      validateReference(metric.object.describedObject, `${at}.describedObject`, problems);
      validateIdentifier(metric.object.metric, `${at}.metric`, problems);
      return validateAmount(metric.object.target, 'must set either a target value or averageValue', at, problems);
    case 'external': {
      if (metric.external === undefined) return;
      const { target } = metric.external;
      validateIdentifier(metric.external.metric, `${at}.metric`, problems);
      validateAmount(target, 'must set either a target value for metric or a per-pod target', at, problems);
      if (target.value !== undefined && target.averageValue !== undefined) {
        const rule = 'may not set both a target value for metric and a per-pod target';
        problems.forbidden(`${at}.target.value`, rule);
      }
      return;
    }
    case 'pods':
      if (metric.pods === undefined) return;
      validateIdentifier(metric.pods.metric, `${at}.metric`, problems);
      validateTarget(metric.pods.target, `${at}.target`, problems);
      if (metric.pods.target.averageValue === undefined) {
        problems.required(`${at}.target.averageValue`, 'must specify a positive target averageValue');
      }
      return;
    case 'resource':
      if (metric.resource === undefined) return;
      if (metric.resource.name === '') problems.required(`${at}.name`, 'must specify a resource name');
      return validateShare(metric.resource.target, at, problems);
    case 'containerResource': {
      if (metric.containerResource === undefined) return;
      const { name, container, target } = metric.containerResource;
      if (name === '') problems.required(`${at}.name`, 'must specify a resource name');
      else problems.breaches(`${at}.name`, name, qualifiedName);
      if (container === '') problems.required(`${at}.container`, 'must specify a container');
      else problems.breaches(`${at}.container`, container, dnsLabel);
      return validateShare(target, at, problems);
    }
  }
}

function validateIdentifier({ name }: MetricIdentifier, at: string, problems: Problems): void {
  if (name === '') problems.required(`${at}.name`, 'must specify a metric name');
  else problems.breaches(`${at}.name`, name, pathSegment);
}

function validateTarget(
  { type, value, averageValue, averageUtilization: share }: MetricTarget,
  at: string,
  problems: Problems,
): void {
  if (type === '') problems.required(`${at}.type`, 'must specify a metric target type');
  if (!TARGET_TYPES.includes(type)) {
    problems.invalid(`${at}.type`, type, 'must be either Utilization, Value, or AverageValue');
  }
  for (const [field, amount] of Object.entries({ value, averageValue })) {
    if (amount !== undefined && milliOf(amount) <= 0n) problems.invalid(`${at}.${field}`, amount, 'must be positive');
  }
  if (share !== undefined && share < 1) problems.invalid(`${at}.averageUtilization`, share, 'must be greater than 0');
}

/** Of what is measured as such: so much of it, or so much for each pod. */
function validateAmount(target: MetricTarget, neither: string, at: string, problems: Problems): void {
  validateTarget(target, `${at}.target`, problems);
  if (target.value === undefined && target.averageValue === undefined) {
    problems.required(`${at}.target.averageValue`, neither);
  }
}

/** Of what pods ask for: so much of it, or such a part. */
function validateShare(target: MetricTarget, at: string, problems: Problems): void {
  const { averageUtilization, averageValue } = target;
  validateTarget(target, `${at}.target`, problems);
  if (averageUtilization === undefined && averageValue === undefined) {
    problems.required(`${at}.target.averageUtilization`, SHARE_OR_AMOUNT);
  }
  if (averageUtilization !== undefined && averageValue !== undefined) {
    const rule = 'may not set both a target raw value and a target utilization';
    problems.forbidden(`${at}.target.averageValue`, rule);
  }
}
