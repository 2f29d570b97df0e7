import type { ObjectOf } from '@shiplog/contracts';
import { controllerOf } from '@shiplog/kube';
import { checkedPod } from './check';
import { nameOf, type LevelVersion } from './policy';
import { reasonOf, violationsOf } from './standards';

type StoredPod = ObjectOf<'pods'>;

/** As many as Kubernetes looks at. */
const MOST_PODS = 3_000;

/** What to tell of pods that are there when a namespace becomes stricter: how they break it, and how many do. */
export function existingPodWarnings(namespace: string, level: LevelVersion, pods: readonly StoredPod[]): string[] {
  const chosen = mostTelling(pods);
  const broken = new Map<string, { readonly first: string; readonly count: number }>();
  for (const { metadata, spec = { containers: [] } } of chosen) {
    const reason = reasonOf(violationsOf(level, checkedPod(metadata, spec)));
    if (reason === '') continue;
    const { first = metadata.name, count = 0 } = broken.get(reason) ?? {};
    broken.set(reason, { first: metadata.name < first ? metadata.name : first, count: count + 1 });
  }
  const name = JSON.stringify(nameOf(level));
  const counted = `new PodSecurity enforce level only checked against the first ${chosen.length} of ${pods.length} existing pods`;
  const title = `existing pods in namespace ${JSON.stringify(namespace)} violate the new PodSecurity enforce level ${name}`;
  return [
    ...(chosen.length < pods.length ? [counted] : []),
    ...(broken.size > 0 ? [title] : []),
    ...[...broken].map(([reason, { first, count }]) => `${first}${others(count - 1)}: ${reason}`).sort(),
  ];
}

function others(count: number): string {
  if (count === 0) return '';
  return count === 1 ? ' (and 1 other pod)' : ` (and ${count} other pods)`;
}

/** Pods of one controller are alike: one of each goes before the others. */
function mostTelling(pods: readonly StoredPod[]): readonly StoredPod[] {
  if (pods.length <= MOST_PODS) return pods;
  const seen = new Set<string>();
  const isAlike = (pod: StoredPod): boolean => {
    const uid = controllerOf(pod)?.uid;
    if (uid === undefined) return false;
    return seen.size === seen.add(uid).size;
  };
  const [first, rest]: [StoredPod[], StoredPod[]] = [[], []];
  for (const pod of pods) (isAlike(pod) ? rest : first).push(pod);
  return [...first, ...rest].slice(0, MOST_PODS);
}
