import type { Affinity, NodeSelectorTerm, PodCondition, PodSpec } from '@shiplog/contracts';
import { GoSyntax, type Problems, sameJson } from '@shiplog/apimachinery';

/** What a new pod's status says of its gates (applySchedulingGatedCondition in Kubernetes); nothing of one without any. */
export function gatedConditions({ schedulingGates = [] }: PodSpec, since: string | undefined): PodCondition[] {
  if (schedulingGates.length === 0) return [];
  const message = 'Scheduling is blocked due to non-empty scheduling gates';
  return [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated', message, lastTransitionTime: since }];
}

/** A gate may go, and none may come. */
export function validateGatesUpdate({ schedulingGates = [] }: PodSpec, before: PodSpec, problems: Problems): void {
  const had = new Set(before.schedulingGates?.map(({ name }) => name));
  schedulingGates.forEach(({ name }, i) => {
    if (had.has(name)) return;
    const rule = `only deletion is allowed, but found new scheduling gate '${name}'`;
    problems.forbidden(`spec.schedulingGates[${i}].name`, rule);
  });
}

/**
 * Where a pod may run can become less while gates keep it from being scheduled: its node selector and what its node affinity
 * requires may gain terms (validateNodeSelectorMutation and validateNodeAffinityMutation in Kubernetes).
 */
export function validatePlacementUpdate(spec: PodSpec, before: PodSpec, problems: Problems): void {
  const { nodeSelector = {} } = spec;
  const kept = Object.entries(before.nodeSelector ?? {}).every(([key, value]) => nodeSelector[key] === value);
  if (!kept) {
    const rule = 'only additions to spec.nodeSelector are allowed (no mutations or deletions)';
    problems.invalid('spec.nodeSelector', GoSyntax.map(nodeSelector), rule);
  }
  const then = requiredTerms(before.affinity);
  if (then === undefined) return;
  const now = requiredTerms(spec.affinity) ?? [];
  const at = 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms';
  if (then.length > 0 && then.length !== now.length) {
    problems.invalid(at, now, 'no additions/deletions to non-empty NodeSelectorTerms list are allowed');
    return;
  }
  then.forEach((term, i) => {
    if (isExtended(now[i] ?? {}, term)) return;
    problems.invalid(`${at}[${i}]`, now[i], 'only additions are allowed (no mutations or deletions)');
  });
}

const requiredTerms = (affinity: Affinity | undefined): readonly NodeSelectorTerm[] | undefined =>
  affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;

/** Whether a term begins with all that another asks for. */
function isExtended(now: NodeSelectorTerm, then: NodeSelectorTerm): boolean {
  return (['matchExpressions', 'matchFields'] as const).every((field) => {
    const old = then[field] ?? [];
    return sameJson((now[field] ?? []).slice(0, old.length), old);
  });
}

/** The part of where a pod may run that does not change while it is gated. */
export function withoutPlacement({ nodeSelector: _selector, affinity, ...spec }: PodSpec): PodSpec {
  const { nodeAffinity: _nodes, ...others } = affinity ?? {};
  return Object.keys(others).length === 0 ? spec : { ...spec, affinity: others };
}
