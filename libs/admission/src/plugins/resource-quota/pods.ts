import type { Pod, PodAffinityTerm, PodSpec } from '@shiplog/contracts';
import { podAmounts } from '../../pods/pod-amounts';
import { qosClassOf } from '../../pods/qos';
import { isExtended, isHugePages } from '../../pods/resources';
import { amountOf, countOf, type Amount } from './amounts';
import type { Usage } from './usage';

const ONE = countOf(1);
/** Requests that quotas know with and without their kind, and limits. */
const COMPUTE = ['cpu', 'memory', 'ephemeral-storage'];

type Texts = Readonly<Record<string, string>>;

/** What a pod uses (PodUsageFunc in Kubernetes' pkg/quota/v1/evaluator/core): one that has ended uses nothing but its place. */
export function podUsage(pod: Pod): Usage {
  const { spec = { containers: [] }, status } = pod;
  const amounts = new Map([['count/pods', ONE]]);
  if (status?.phase !== 'Succeeded' && status?.phase !== 'Failed') {
    amounts.set('pods', ONE);
    addCompute(amounts, podAmounts(spec, 'requests').texts(), podAmounts(spec, 'limits').texts());
  }
  return { facets: facetsOf(spec), amounts };
}

function facetsOf(spec: PodSpec): Usage['facets'] {
  return {
    of: 'pods',
    isTerminating: (spec.activeDeadlineSeconds ?? -1) >= 0,
    isBestEffort: qosClassOf(spec) === 'BestEffort',
    crossesNamespaces: termsOf(spec).some(
      ({ namespaces = [], namespaceSelector }) => namespaces.length > 0 || namespaceSelector !== undefined,
    ),
    priorityClass: spec.priorityClassName ?? '',
  };
}

function termsOf({ affinity: { podAffinity, podAntiAffinity } = {} }: PodSpec): PodAffinityTerm[] {
  return [podAffinity, podAntiAffinity].flatMap((affinity) => [
    ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
  ]);
}

/** Adds what is used of compute resources, under all names by which quotas limit it. */
function addCompute(amounts: Map<string, Amount>, requests: Texts, limits: Texts): void {
  for (const [name, text] of Object.entries(requests)) {
    if (!COMPUTE.includes(name) && !isHugePages(name) && !isExtended(name)) continue;
    const amount = amountOf(text);
    if (!isExtended(name)) amounts.set(name, amount);
    amounts.set(`requests.${name}`, amount);
  }
  for (const [name, text] of Object.entries(limits)) {
    if (COMPUTE.includes(name)) amounts.set(`limits.${name}`, amountOf(text));
  }
}

/** A quota of these obliges every container to say how much it wants. Kubernetes calls that a mistake, and keeps to it. */
const OBLIGING = new Set(['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory']);

/** What containers of a pod leave out that quotas of some names oblige them to say; undefined: nothing. */
export function missingAmounts({ spec }: Pod, limited: readonly string[]): string | undefined {
  const obliging = limited.filter((name) => OBLIGING.has(name)).sort();
  if (obliging.length === 0 || spec === undefined) return undefined;
  const missing = obliging.flatMap((name) => {
    const isLimit = name.startsWith('limits.');
    const resource = name.replace(/^(?:requests|limits)\./, '');
    const lacking = [...spec.containers, ...(spec.initContainers ?? [])].filter(({ resources = {} }) => {
      const amounts = isLimit ? resources.limits : resources.requests;
      return amounts?.[resource] === undefined;
    });
    const names = [...new Set(lacking.map((container) => container.name))].sort();
    return names.length === 0 ? [] : [`${name} for: ${names.join(',')}`];
  });
  return missing.length === 0 ? undefined : `must specify ${missing.join('; ')}`;
}
