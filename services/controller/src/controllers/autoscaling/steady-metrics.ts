import type { MetricSpec, MetricStatus, MetricTarget, MetricValueStatus } from '@shiplog/contracts';
import { parseQuantity } from '@shiplog/apimachinery';

/** A figure that moved by no more than this part of its target is not worth a write of the log. */
const WORTH_TELLING = 0.05;

/**
 * What an autoscaler's status says was measured: what it said before, unless one of the figures moved by more than hardly. Nobody
 * decides on it, and a cluster that only runs would write it at every look.
 */
export function steadyMetrics(
  stored: readonly MetricStatus[],
  measured: readonly MetricStatus[],
  specs: readonly MetricSpec[],
): readonly MetricStatus[] {
  const isSteady =
    stored.length === measured.length && measured.every((now, i) => isSame(stored[i], now, specs[i] ?? { type: '' }));
  return isSteady ? stored : measured;
}

function isSame(before: MetricStatus | undefined, now: MetricStatus, spec: MetricSpec): boolean {
  if (before?.type !== now.type) return false;
  const [was, is] = [currentOf(before), currentOf(now)];
  const target = targetOf(spec);
  if (was === undefined || is === undefined || target === undefined) return was === is;
  if (is.averageUtilization !== undefined) {
    return isNear(was.averageUtilization, is.averageUtilization, target.averageUtilization ?? 0);
  }
  const aim = amountOf(target.averageValue ?? target.value) ?? 0;
  return isNear(amountOf(was.averageValue ?? was.value), amountOf(is.averageValue ?? is.value), aim);
}

function isNear(was: number | undefined, is: number | undefined, target: number): boolean {
  if (was === undefined || is === undefined) return was === is;
  return Math.abs(was - is) <= target * WORTH_TELLING;
}

function currentOf({
  resource,
  containerResource,
  pods,
  object,
  external,
}: MetricStatus): MetricValueStatus | undefined {
  return (resource ?? containerResource ?? pods ?? object ?? external)?.current;
}

function targetOf({ resource, containerResource, pods, object, external }: MetricSpec): MetricTarget | undefined {
  return (resource ?? containerResource ?? pods ?? object ?? external)?.target;
}

function amountOf(quantity: string | undefined): number | undefined {
  const amount = parseQuantity(quantity ?? '');
  return amount === undefined ? undefined : Number(amount);
}
