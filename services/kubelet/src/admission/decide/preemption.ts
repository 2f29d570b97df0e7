import { qosClassOf } from '@shiplog/admission';
import { podFacts } from '@shiplog/scheduling';
import { isCritical, type Pod } from '../../domain/pod';

/** Amounts by resource: CPU in thousandths, all else whole. */
export type Missing = ReadonlyMap<string, number>;

/** What is to be done for a critical pod that a node has no room for. */
export type Preemption =
  /** These have to end first; none: others that end already are enough. */
  | { readonly kind: 'wait'; readonly victims: readonly Pod[] }
  /** Nothing that may end would give enough. */
  | { readonly kind: 'impossible'; readonly still: Missing };

/** The pods of a node: those that go on, and those that the node ends already. */
export interface Standing {
  readonly active: readonly Pod[];
  readonly ending: readonly Pod[];
}

/**
 * Which pods have to make room for a critical one: as few guaranteed ones as can be, then as few burstable ones, then of the rest
 * (pkg/kubelet/preemption/preemption.go).
 */
export function decidePreemption(pod: Pod, missing: Missing, { active, ending }: Standing): Preemption {
  const open = without(missing, ending);
  const candidates = active.filter((other) => isPreemptable(pod, other));
  const still = without(open, candidates);
  if (still.size > 0) return { kind: 'impossible', still };
  const of = (qos: string): Pod[] => candidates.filter(({ spec }) => qosClassOf(spec ?? { containers: [] }) === qos);
  const [bestEffort, burstable] = [of('BestEffort'), of('Burstable')];
  const guaranteedVictims = fewest(of('Guaranteed'), without(open, [...bestEffort, ...burstable]));
  const burstableVictims = fewest(burstable, without(open, [...bestEffort, ...guaranteedVictims]));
  const others = fewest(bestEffort, without(open, [...burstableVictims, ...guaranteedVictims]));
  return { kind: 'wait', victims: [...others, ...burstableVictims, ...guaranteedVictims] };
}

/** As Kubernetes writes what could not be had. */
export function renderMissing(missing: Missing): string {
  return `[${[...missing].map(([resource, amount]) => `(res: ${resource}, q: ${amount}), `).join('')}]`;
}

function isPreemptable(critical: Pod, other: Pod): boolean {
  return !isCritical(other) || (critical.spec?.priority ?? 0) > (other.spec?.priority ?? 0);
}

function without(missing: Missing, pods: readonly Pod[]): Missing {
  const open = [...missing].map(([resource, amount]): [string, number] => {
    return [resource, pods.reduce((rest, pod) => rest - requestOf(pod, resource), amount)];
  });
  return new Map(open.filter(([, amount]) => amount > 0));
}

/** One after the other, always the one that comes nearest to what is still missing. */
function fewest(pods: readonly Pod[], missing: Missing): Pod[] {
  const rest = [...pods];
  const victims: Pod[] = [];
  let open = missing;
  while (open.size > 0 && rest.length > 0) {
    const ranked = rest.map((pod) => ({ pod, distance: distanceOf(pod, open) }));
    const [best] = ranked.sort((a, b) => a.distance - b.distance || bySize(a.pod, b.pod));
    if (best === undefined) break;
    victims.push(best.pod);
    rest.splice(rest.indexOf(best.pod), 1);
    open = without(open, [best.pod]);
  }
  return victims;
}

/** How much would still be missing without a pod, as a sum of squares of shares. */
function distanceOf(pod: Pod, missing: Missing): number {
  return [...missing].reduce((sum, [resource, amount]) => {
    return sum + (Math.max(0, amount - requestOf(pod, resource)) / amount) ** 2;
  }, 0);
}

function bySize(a: Pod, b: Pod): number {
  return requestOf(a, 'memory') - requestOf(b, 'memory') || requestOf(a, 'cpu') - requestOf(b, 'cpu');
}

function requestOf(pod: Pod, resource: string): number {
  return resource === 'pods' ? 1 : (podFacts(pod).requests.get(resource) ?? 0);
}
