import type {
  PodFailurePolicy,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyOnPodConditionsPattern,
  PodFailurePolicyRule,
} from '@shiplog/contracts';
import type { StoredPod } from '@shiplog/kube';

/** What a failed pod means for its Job. */
export type Verdict =
  | { readonly action: 'Count' | 'FailIndex' | 'Ignore' }
  /** The message says which pod, and which rule. */
  | { readonly action: 'FailJob'; readonly message: string };

const COUNT: Verdict = { action: 'Count' };

/** What a Job's policy says of a pod that failed: the first rule that fits decides; where none does, it counts. */
export function judge(policy: PodFailurePolicy | undefined, pod: StoredPod): Verdict {
  for (const [i, rule] of (policy?.rules ?? []).entries()) {
    const verdict = applyRule(rule, i, pod);
    if (verdict !== undefined) return verdict;
  }
  return COUNT;
}

/** Whether the failure counts against limits. */
export function isCounted(policy: PodFailurePolicy | undefined, pod: StoredPod): boolean {
  return judge(policy, pod).action !== 'Ignore';
}

function applyRule({ action, onExitCodes, onPodConditions }: PodFailurePolicyRule, i: number, pod: StoredPod) {
  const why = onExitCodes === undefined ? byCondition(onPodConditions ?? [], pod) : byExitCode(onExitCodes, pod);
  if (why === undefined) return undefined;
  switch (action) {
    case 'FailJob':
      return { action, message: `${why} matching FailJob rule at index ${i}` } as const;
    case 'Count':
    case 'FailIndex':
    case 'Ignore':
      return { action } as const;
    default:
      return undefined;
  }
}

function byExitCode(
  { containerName, operator, values }: PodFailurePolicyOnExitCodesRequirement,
  { metadata, status }: StoredPod,
): string | undefined {
  const { containerStatuses = [], initContainerStatuses = [] } = status ?? {};
  for (const { name, state } of [...containerStatuses, ...initContainerStatuses]) {
    const code = state?.terminated?.exitCode ?? 0;
    if (code === 0 || (containerName !== undefined && containerName !== name)) continue;
    if (operator === 'In' ? !values.includes(code) : operator !== 'NotIn' || values.includes(code)) continue;
    return `Container ${name} for pod ${metadata.namespace ?? ''}/${metadata.name} failed with exit code ${code}`;
  }
  return undefined;
}

function byCondition(
  patterns: readonly PodFailurePolicyOnPodConditionsPattern[],
  { metadata, status }: StoredPod,
): string | undefined {
  const condition = status?.conditions?.find(({ type, status: is }) =>
    patterns.some((pattern) => pattern.type === type && (pattern.status ?? 'True') === is),
  );
  if (condition === undefined) return undefined;
  return `Pod ${metadata.namespace ?? ''}/${metadata.name} has condition ${condition.type}`;
}
