import type { ReadonlyCluster } from '@shiplog/cluster';
import {
  builtIn,
  storedApiVersion,
  type ObjectOf,
  type OwnerReference,
  type PodTemplateSpec,
} from '@shiplog/contracts';
import { deletionOf, patchOf } from '@shiplog/kube';
import type { PlannedCommand } from '../../runtime/domain/controller';
import { timeOf } from '../pods';
import { hashOfPatch, revisionName } from './naming';
import { isSamePatch, patchOfTemplate, type TemplatePatch } from './template-patch';

export type Revision = ObjectOf<'controllerrevisions.apps'>;

const RESOURCE = 'controllerrevisions.apps';

/** On a StatefulSet's pods the name of their revision; on a DaemonSet's pods and revisions its hash. */
export const REVISION_LABEL = 'controller-revision-hash';
/** On a StatefulSet's revisions, their hash. */
export const HASH_LABEL = 'controller.kubernetes.io/hash';

/** A controller that keeps its former templates as revisions. */
export interface Versioned {
  readonly reference: OwnerReference;
  readonly namespace: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly template: PodTemplateSpec;
  /** Its `status.collisionCount`. */
  readonly collisions: number;
  /** Under which its revisions have their hash. */
  readonly hashLabel: typeof REVISION_LABEL | typeof HASH_LABEL;
}

/** What a controller's revisions say of its template. */
export interface History {
  /** That of the present template; undefined where it is being made. */
  readonly present?: Revision;
  /** Its hash, as it says itself or will; where somebody made one without, its name. */
  readonly hash: string;
  /** All others, the oldest first. */
  readonly past: readonly Revision[];
  /** Others that hold the present template, too: those with a lower number. */
  readonly duplicates: readonly Revision[];
  /** As `status.collisionCount` has to say. */
  readonly collisions: number;
  readonly commands: readonly PlannedCommand[];
}

/**
 * Finds the revision of a controller's present template among its own. A template that comes back makes no second revision:
 * the first has the highest number from then on (getStatefulSetRevisions and constructHistory of Kubernetes).
 *
 * @param named the revision of any owner that has this name in the controller's namespace
 */
export function historyOf(
  versioned: Versioned,
  revisions: readonly Revision[],
  named: (name: string) => Revision | undefined,
): History {
  const patch = patchOfTemplate(versioned.template);
  const sorted = [...revisions].sort(byNumber);
  const equal = sorted.filter(({ data }) => isSamePatch(data, patch));
  const past = sorted.filter((revision) => !equal.includes(revision));
  const next = (past.at(-1)?.revision ?? 0) + 1;
  const present = equal.at(-1);
  const { collisions } = versioned;
  if (present === undefined) return { past, duplicates: [], ...made(versioned, patch, next, named) };
  const commands = present.revision < next ? [patchOf(RESOURCE, present, { revision: next })] : [];
  const hash = hashOf(present, versioned.hashLabel);
  return { present, hash, past, duplicates: equal.slice(0, -1), collisions, commands };
}

/** A name that another template has taken counts as a collision, and gives way to one made with the count. */
function made(
  versioned: Versioned,
  patch: TemplatePatch,
  revision: number,
  named: (name: string) => Revision | undefined,
): Pick<History, 'present' | 'hash' | 'collisions' | 'commands'> {
  for (let { collisions } = versioned; ; collisions++) {
    const hash = hashOfPatch(patch, collisions);
    const name = revisionName(versioned.reference.name, hash);
    const taken = named(name);
    if (taken === undefined)
      return { hash, collisions, commands: [creationOf(versioned, name, hash, patch, revision)] };
    // Of one with this name before, perhaps: it is as good, and made anew when it goes with its owner.
    if (isSamePatch(taken.data, patch)) return { present: taken, hash, collisions, commands: [] };
  }
}

/** What a revision says that its hash is; of one that does not, its name. */
export function hashOf({ metadata }: Revision, label: Versioned['hashLabel']): string {
  return metadata.labels?.[label] ?? metadata.name;
}

function creationOf(
  { reference, namespace, annotations, template, hashLabel }: Versioned,
  name: string,
  hash: string,
  data: TemplatePatch,
  revision: number,
): PlannedCommand {
  const row = builtIn(RESOURCE);
  const labels = { ...template.metadata?.labels, [hashLabel]: hash };
  const metadata = { name, namespace, labels, annotations, ownerReferences: [reference] };
  const object = { apiVersion: storedApiVersion(row), kind: row.kind, metadata, data, revision };
  return { type: 'CreateObject', data: { resource: RESOURCE, namespace, object } };
}

/** Which former revisions are kept. */
export interface Retention {
  /** The controller's `revisionHistoryLimit`; a negative one keeps all. */
  readonly limit: number;
  /** Whether pods are still made of it: those stay in any case. */
  readonly isLive: (revision: Revision) => boolean;
  /** Whether those that stay in any case take places of the limit: they do with a DaemonSet, not with a StatefulSet. */
  readonly countsLive: boolean;
}

/** Deletes the oldest of the former revisions that are beyond a controller's limit (truncateHistory and cleanupHistory). */
export function surplusDeletions(
  past: readonly Revision[],
  { limit, isLive, countsLive }: Retention,
): PlannedCommand[] {
  const dead = past.filter((revision) => !isLive(revision));
  const surplus = (countsLive ? past : dead).length - limit;
  return limit < 0 || surplus <= 0 ? [] : deletionsOf(dead.slice(0, surplus));
}

/** Deletes revisions. */
export function deletionsOf(revisions: readonly Revision[]): PlannedCommand[] {
  return revisions.map((revision) => deletionOf(RESOURCE, revision));
}

/** The revision of this name in a namespace, whoever owns it. */
export function revisionNamed(state: ReadonlyCluster, namespace: string): (name: string) => Revision | undefined {
  return (name) => state.get(RESOURCE, namespace, name);
}

function byNumber(a: Revision, b: Revision): number {
  const byAge = timeOf(a.metadata.creationTimestamp) - timeOf(b.metadata.creationTimestamp);
  return a.revision - b.revision || byAge || (a.metadata.name < b.metadata.name ? -1 : 1);
}
