import type { OwnerReference } from '@shiplog/contracts';
import { inheritedAnnotations, revisionOf, withRevision } from './annotations';
import type { Deployment } from './budget';
import { byAge, newSet, SetPlan, type ReplicaSet } from './set-plan';
import { sameTemplate, templateHash } from './template';

/** Longer names are cut where a ReplicaSet is named after its Deployment: it has 253 characters, eleven of them for the hash. */
const LONGEST_PREFIX = 242;

/** A Deployment's ReplicaSets. */
export interface Sets {
  /** That of the present template, once there is one. */
  present: SetPlan | undefined;
  /** All others, the oldest first. */
  readonly old: readonly SetPlan[];
}

/** Which of its sets stands for a Deployment's present template: of several the oldest (FindNewReplicaSet). */
export function setsOf(deployment: Deployment, owned: readonly ReplicaSet[]): Sets {
  const plans = owned.map((set) => new SetPlan(set)).sort(byAge);
  const template = deployment.spec?.template ?? {};
  const present = plans.find(({ set }) => sameTemplate(set.spec?.template ?? {}, template));
  return { present, old: plans.filter((plan) => plan !== present) };
}

/** All that there are, the present one last. */
export function allSets({ present, old }: Sets): SetPlan[] {
  return present === undefined ? [...old] : [...old, present];
}

/** The revision of a template's set is beyond all others', and it has what its Deployment says of it by now. */
export function updatePresent({ present, old }: Sets, deployment: Deployment): void {
  if (present === undefined) return;
  const annotations = { ...present.annotations, ...inheritedAnnotations(deployment.metadata.annotations) };
  present.annotations = withRevision(annotations, nextRevision(old));
  present.minReadySeconds = deployment.spec?.minReadySeconds ?? 0;
}

/**
 * The set of a template that has none, and how many names were taken by others before it has one.
 *
 * @param isTaken whether a ReplicaSet has the name
 */
export function makePresent(
  old: readonly SetPlan[],
  deployment: Deployment,
  owner: OwnerReference,
  isTaken: (name: string) => boolean,
): { present: SetPlan; collisions: number } {
  const template = deployment.spec?.template ?? {};
  for (let collisions = deployment.status?.collisionCount ?? 0; ; collisions++) {
    const hash = templateHash(template, collisions);
    const name = `${deployment.metadata.name.slice(0, LONGEST_PREFIX).replace(/[.-]+$/, '')}-${hash}`;
    if (isTaken(name)) continue;
    const present = newSet(deployment, owner, name, hash);
    present.annotations = withRevision(present.annotations, nextRevision(old));
    return { present, collisions };
  }
}

function nextRevision(old: readonly SetPlan[]): bigint {
  let highest = 0n;
  for (const { annotations } of old) {
    const revision = revisionOf(annotations) ?? 0n;
    if (revision > highest) highest = revision;
  }
  return highest + 1n;
}
