import type { ObjectOf, StoredObject } from '@shiplog/contracts';
import { CLEANUP_FINALIZER, DEFINITIONS, sameJson } from '@shiplog/apimachinery';
import { statusPatchOf, transitionTime } from '@shiplog/kube';
import type { Now, PlannedCommand } from '../../runtime/domain/controller';

type Definition = ObjectOf<typeof DEFINITIONS>;
type Condition = NonNullable<NonNullable<Definition['status']>['conditions']>[number];

/** All that the decision on a definition looks at. */
export interface DefinitionView {
  readonly definition: Definition;
  /** The objects of its resource, of all namespaces. */
  readonly objects: readonly StoredObject[];
  /** Whether its names were refused, and those of its group have changed since. */
  readonly mayHaveNames: boolean;
  readonly now: Now;
}

export type DefinitionOutcome =
  | { readonly kind: 'none' }
  /** Some objects have not been asked to go yet. */
  | { readonly kind: 'delete'; readonly commands: readonly PlannedCommand[] }
  /** All objects are on their way out. */
  | { readonly kind: 'wait' }
  /** Nothing is left, as far as this state knows. */
  | { readonly kind: 'finalize'; readonly commands: readonly PlannedCommand[] }
  /** Its names may be free now: the journal settles them with any write. */
  | { readonly kind: 'settle'; readonly commands: readonly PlannedCommand[] };

/** What brings a definition that is to go nearer to its end, after all objects of its resource; or to the names it asks for. */
export function decideDefinition({ definition, objects, mayHaveNames, now }: DefinitionView): DefinitionOutcome {
  const { name, deletionTimestamp, finalizers = [] } = definition.metadata;
  if (deletionTimestamp === undefined) {
    return mayHaveNames ? { kind: 'settle', commands: [patchOf(name, {})] } : { kind: 'none' };
  }
  if (!finalizers.includes(CLEANUP_FINALIZER)) return { kind: 'none' };
  if (objects.length === 0) {
    const rest = finalizers.filter((finalizer) => finalizer !== CLEANUP_FINALIZER);
    return { kind: 'finalize', commands: [patchOf(name, { metadata: { finalizers: rest } })] };
  }
  if (objects.every(({ metadata }) => metadata.deletionTimestamp !== undefined)) return { kind: 'wait' };
  const all: PlannedCommand = { type: 'DeleteCollection', data: { resource: name, namespace: '' } };
  return { kind: 'delete', commands: [...writeCondition(definition, now), all] };
}

function patchOf(name: string, patch: object): PlannedCommand {
  return { type: 'PatchObject', data: { resource: DEFINITIONS, namespace: '', name, patchType: 'merge', patch } };
}

function writeCondition(definition: Definition, now: Now): PlannedCommand[] {
  const { conditions = [] } = definition.status ?? {};
  const before = conditions.find(({ type }) => type === 'Terminating');
  const condition: Condition = {
    type: 'Terminating',
    status: 'True',
    reason: 'InstanceDeletionInProgress',
    message: 'CustomResource deletion is in progress',
    lastTransitionTime: transitionTime(before, 'True', now.time),
  };
  if (sameJson(before, condition)) return [];
  const others = conditions.filter(({ type }) => type !== 'Terminating');
  return [statusPatchOf(DEFINITIONS, definition, { conditions: [...others, condition] }, { patchType: 'merge' })];
}
