/** Which rollout a ReplicaSet, or of a Deployment the last one, stands for. */
export const REVISION = 'deployment.kubernetes.io/revision';
/** Those that a ReplicaSet stood for before it was returned to, with commas between. */
export const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history';
/** On a ReplicaSet: what its Deployment wanted when it was last scaled. */
export const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas';
/** On a ReplicaSet: the same and what the Deployment might have had beyond it. */
export const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas';

/** A Deployment's own, which its ReplicaSets don't get. */
const KEPT_BACK: ReadonlySet<string> = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'deprecated.deployment.rollback.to',
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
]);
/** Of a history that grows longer the oldest revisions are left out. */
const LONGEST_HISTORY = 2_000;
const INTEGER = /^[+-]?[0-9]{1,19}$/;

export type Annotations = Readonly<Record<string, string>>;

/** The revision that annotations tell; undefined where they tell none that can be read. It may be beyond what a number holds. */
export function revisionOf(annotations: Annotations | undefined): bigint | undefined {
  const text = annotations?.[REVISION];
  return text !== undefined && INTEGER.test(text) ? BigInt(text) : undefined;
}

/** The number in an annotation; undefined for none. */
export function countIn(annotations: Annotations | undefined, name: string): number | undefined {
  const text = annotations?.[name];
  return text !== undefined && INTEGER.test(text) ? Number(text) : undefined;
}

/** What a ReplicaSet gets of its Deployment's annotations. */
export function inheritedAnnotations(annotations: Annotations = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(annotations).filter(([name]) => !KEPT_BACK.has(name)));
}

/**
 * What becomes of a ReplicaSet's annotations when it is the present one, as `next` at least (SetNewReplicaSetAnnotations): one
 * that had a lower revision is returned to, and remembers that. One that can't be read stays.
 */
export function withRevision(annotations: Annotations, next: bigint): Annotations {
  const before = annotations[REVISION];
  const revision = revisionOf(annotations);
  if (before !== undefined && before !== '' && revision === undefined) return annotations;
  if ((revision ?? 0n) >= next) return annotations;
  const history = before === undefined ? undefined : historyWith(annotations[REVISION_HISTORY], before);
  return {
    ...annotations,
    [REVISION]: String(next),
    ...(history === undefined ? {} : { [REVISION_HISTORY]: history }),
  };
}

function historyWith(history: string | undefined, revision: string): string {
  const revisions = [...(history ?? '').split(',').filter((text) => text !== ''), revision];
  while (revisions.length > 1 && revisions.join().length > LONGEST_HISTORY) revisions.shift();
  return revisions.join();
}
