import type { PodSpec, PriorityClass } from '@shiplog/contracts';
import type { AdmissionContext } from '../context';

const CLASSES = 'priorityclasses.scheduling.k8s.io';
const PREEMPTION = 'PreemptLowerPriority';

/** The classes that every cluster has, by name: their values. */
export const SYSTEM_PRIORITIES: ReadonlyMap<string, number> = new Map([
  ['system-cluster-critical', 2_000_000_000],
  ['system-node-critical', 2_000_001_000],
]);

/** What a class, or having none, gives a pod. */
interface Priority {
  readonly className?: string;
  readonly value: number;
  readonly preemptionPolicy: string;
}

/** Undefined when the pod names a class that is not there. Those of the system are, also before anyone has made them. */
function priorityOf({ priorityClassName = '' }: PodSpec, ctx: AdmissionContext): Priority | undefined {
  const found = priorityClassName === '' ? defaultClass(ctx) : ctx.state.get(CLASSES, '', priorityClassName);
  if (found !== undefined) {
    const { metadata, value = 0, preemptionPolicy = PREEMPTION } = found;
    return { className: metadata.name, value, preemptionPolicy };
  }
  if (priorityClassName === '') return { value: 0, preemptionPolicy: PREEMPTION };
  const value = SYSTEM_PRIORITIES.get(priorityClassName);
  return value === undefined ? undefined : { className: priorityClassName, value, preemptionPolicy: PREEMPTION };
}

/** Of several the lowest (getDefaultPriorityClass in Kubernetes). */
function defaultClass({ state }: AdmissionContext): PriorityClass | undefined {
  let lowest: PriorityClass | undefined;
  for (const found of state.list(CLASSES)) {
    if (found.globalDefault === true && (found.value ?? 0) < (lowest?.value ?? Infinity)) lowest = found;
  }
  return lowest;
}

/** What Kubernetes' priority admission fills in. */
export function admitPriority(spec: PodSpec, ctx: AdmissionContext): void {
  const priority = priorityOf(spec, ctx);
  if (priority?.className !== undefined) spec.priorityClassName ??= priority.className;
  spec.priority ??= priority?.value ?? 0;
  spec.preemptionPolicy ??= priority?.preemptionPolicy ?? PREEMPTION;
}

/** What it looks at: that the class is there, and that the pod claims nothing else than it gives. */
export function priorityProblem(spec: PodSpec, ctx: AdmissionContext): string | undefined {
  const computed = priorityOf(spec, ctx);
  if (computed === undefined) return `no PriorityClass with name ${spec.priorityClassName} was found`;
  const rule = (given: string, wanted: string | number): string =>
    `${given} must not be provided in pod spec; priority admission controller computed ${wanted} from the given PriorityClass name`;
  const { priority, preemptionPolicy } = spec;
  if (priority !== computed.value) return rule(`the integer value of priority (${priority})`, computed.value);
  if (preemptionPolicy === computed.preemptionPolicy) return undefined;
  return rule(`the string value of PreemptionPolicy (${preemptionPolicy})`, computed.preemptionPolicy);
}
