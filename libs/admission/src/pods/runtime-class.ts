import type { PodSpec, RuntimeClass } from '@shiplog/contracts';
import { sameJson } from '@shiplog/apimachinery';
import type { AdmissionContext } from '../context';

function classOf({ runtimeClassName: name }: PodSpec, ctx: AdmissionContext): RuntimeClass | undefined {
  return name === undefined ? undefined : ctx.state.get('runtimeclasses.node.k8s.io', '', name);
}

/** What Kubernetes' runtime class admission fills in: what the runtime itself takes, and on which nodes it is. */
export function admitRuntime(spec: PodSpec, ctx: AdmissionContext): void {
  const found = classOf(spec, ctx);
  const { nodeSelector, tolerations = [] } = found?.scheduling ?? {};
  if (nodeSelector !== undefined) spec.nodeSelector = { ...nodeSelector, ...spec.nodeSelector };
  const missing = tolerations.filter((item) => !(spec.tolerations ?? []).some((given) => sameJson(given, item)));
  if (missing.length > 0) spec.tolerations = [...(spec.tolerations ?? []), ...missing];
  if (found?.overhead?.podFixed !== undefined) spec.overhead ??= { ...found.overhead.podFixed };
}

/** What it looks at, in words that follow "is forbidden: ". */
export function runtimeProblem(spec: PodSpec, ctx: AdmissionContext): string | undefined {
  const { runtimeClassName: name, overhead } = spec;
  const found = classOf(spec, ctx);
  if (name !== undefined && found === undefined) return `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`;
  for (const [key, value] of Object.entries(found?.scheduling?.nodeSelector ?? {})) {
    const given = spec.nodeSelector?.[key];
    if (given === value) continue;
    return `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${given}`;
  }
  const wanted = found?.overhead?.podFixed;
  if (wanted === undefined) {
    if (overhead === undefined) return undefined;
    return 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead';
  }
  if (sameJson(overhead, wanted)) return undefined;
  return "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";
}
