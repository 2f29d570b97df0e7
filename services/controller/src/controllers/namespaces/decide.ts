import type {
  KubeStatus,
  NamespaceCondition,
  ObjectOf,
  ResourceId,
  ResourceRow,
  StoredObject,
} from '@shiplog/contracts';
import { conditionOf, statusPatchOf, transitionTime } from '@shiplog/kube';
import { sameJson } from '@shiplog/apimachinery';
import type { Now, PlannedCommand } from '../../runtime/domain/controller';
import { timeOf } from '../../domain/pods';
import { conditionsFor } from './conditions';

type StoredNamespace = ObjectOf<'namespaces'>;

/** The finalizer in a namespace's spec that stands for its contents. */
const KUBERNETES = 'kubernetes';
/** Contents that go within this time are not worth a condition. */
const QUIET_MS = 5_000;

/** All that the decision on a namespace's end looks at. */
export interface NamespaceView {
  namespace: StoredNamespace;
  /** What is in it, by resource. */
  content: ReadonlyMap<ResourceRow, readonly StoredObject[]>;
  now: Now;
  /** Why content could not be asked to go in the attempt before. */
  failures?: readonly KubeStatus[];
}

export type NamespaceOutcome =
  /** Nobody asked for its end, or others hold it. */
  | { readonly kind: 'none' }
  /** Some content has not been asked to go yet. */
  | { readonly kind: 'delete'; readonly commands: readonly PlannedCommand[] }
  /** All content is on its way out; the conditions say what is left of it. */
  | { readonly kind: 'wait'; readonly commands: readonly PlannedCommand[]; readonly requeueAfterMs?: number }
  /** Nothing is left, as far as this state knows. */
  | { readonly kind: 'finalize'; readonly commands: readonly PlannedCommand[] };

/** What brings a namespace that is to go nearer to its end. */
export function decideNamespace({ namespace, content, now, failures = [] }: NamespaceView): NamespaceOutcome {
  const { deletionTimestamp } = namespace.metadata;
  if (deletionTimestamp === undefined || !namespace.spec?.finalizers?.includes(KUBERNETES)) return { kind: 'none' };
  const remaining = [...content].filter(([, objects]) => objects.length > 0);
  if (remaining.length === 0) return { kind: 'finalize', commands: [finalize(namespace)] };
  const staying = remaining.filter(([, objects]) =>
    objects.some((object) => object.metadata.deletionTimestamp === undefined),
  );
  if (staying.length > 0) {
    const deletions = staying.map(([{ id }]) => deleteAll(id, namespace.metadata.name));
    // What goes by itself is not worth a word.
    const said = failures.length === 0 ? [] : writeConditions(namespace, conditionsFor(remaining, failures), now);
    return { kind: 'delete', commands: [...deletions, ...said] };
  }
  const quietMs = timeOf(deletionTimestamp) + QUIET_MS - now.ms;
  if (quietMs > 0) return { kind: 'wait', commands: [], requeueAfterMs: quietMs };
  return { kind: 'wait', commands: writeConditions(namespace, conditionsFor(remaining, []), now) };
}

function deleteAll(resource: ResourceId, namespace: string): PlannedCommand {
  return { type: 'DeleteCollection', data: { resource, namespace, propagationPolicy: 'Background' } };
}

function finalize(namespace: StoredNamespace): PlannedCommand {
  const finalizers = namespace.spec?.finalizers?.filter((name) => name !== KUBERNETES);
  return {
    type: 'ReplaceObject',
    data: {
      resource: 'namespaces',
      namespace: '',
      name: namespace.metadata.name,
      subresource: 'finalize',
      object: { ...namespace, spec: { ...namespace.spec, finalizers } },
    },
  };
}

function writeConditions(
  namespace: StoredNamespace,
  wanted: readonly NamespaceCondition[],
  now: Now,
): PlannedCommand[] {
  const stored = namespace.status?.conditions ?? [];
  const timed = wanted.map((condition) => {
    const before = conditionOf(namespace, condition.type);
    return { ...condition, lastTransitionTime: transitionTime(before, condition.status, now.time) };
  });
  const others = stored.filter(({ type }) => !wanted.some((condition) => condition.type === type));
  const conditions = [...others, ...timed];
  if (sameJson(stored, conditions)) return [];
  return [statusPatchOf('namespaces', namespace, { conditions }, { patchType: 'merge' })];
}
