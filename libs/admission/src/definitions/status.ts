import { DEFINITIONS, toSeconds } from '@shiplog/apimachinery';
import type { ResourceRow } from '@shiplog/contracts';
import type { AdmissionContext } from '../context';
import { approvalCondition } from './approval';
import type { Condition, Definition, Names, StoredDefinition } from './types';

/**
 * What the controllers of Kubernetes write into the status of a definition: whether its names are free, whether its resource
 * is served, in which versions objects may be stored. Decided with the write itself: nobody else takes a name meanwhile.
 */
export function settleStatus(draft: Definition, ctx: AdmissionContext, before?: StoredDefinition): void {
  settle(draft, ctx, before, before?.status ?? {});
}

/**
 * What of a status can be written by others: conditions of their own, and which versions objects are no more stored in. Names and
 * whether the resource is served stay what they are, whatever is written.
 */
export function keepSettled(draft: Definition, ctx: AdmissionContext, before: StoredDefinition): void {
  settle(draft, ctx, before, draft.status ?? {});
}

function settle(
  draft: Definition,
  ctx: AdmissionContext,
  before: StoredDefinition | undefined,
  written: NonNullable<Definition['status']>,
): void {
  const { spec } = draft;
  if (spec === undefined) return;
  const { status: was = {} } = before ?? {};
  const stored = spec.versions.filter(({ storage }) => storage).map(({ name }) => name);
  const { accepted, conflict } = acceptedNames(draft, ctx, was.acceptedNames);
  const conditions = conditionsOf(draft, conflict, was.conditions ?? [], written.conditions ?? []);
  draft.status = {
    ...written,
    acceptedNames: accepted,
    storedVersions: [...new Set([...(written.storedVersions ?? []), ...stored])],
    conditions: timed(conditions, [...(was.conditions ?? []), ...(written.conditions ?? [])], toSeconds(ctx.now)),
  };
}

interface Conflict {
  readonly reason: string;
  readonly message: string;
}

/** The names that a definition may have, and the last conflict there was (naming_controller.go). */
function acceptedNames(
  { spec, metadata }: Definition,
  { state }: AdmissionContext,
  accepted: Names = { plural: '', kind: '' },
): { accepted: Names; conflict: Conflict | undefined } {
  const names = spec!.names;
  const { resources, kinds } = takenNames(spec!.group, metadata.name ?? '', state);
  const result: Names = { ...accepted };
  let conflict: Conflict | undefined;
  const isFree = (name: string, held: string | undefined, taken: ReadonlySet<string>): boolean =>
    name === held || !taken.has(name);
  const settle = (field: 'plural' | 'singular' | 'kind' | 'listKind', taken: ReadonlySet<string>): void => {
    const name = names[field] ?? '';
    if (isFree(name, accepted[field], taken)) result[field] = name;
    else conflict = { reason: `${field[0]?.toUpperCase()}${field.slice(1)}Conflict`, message: inUse(name) };
  };
  settle('plural', resources);
  settle('singular', resources);
  const short = names.shortNames ?? [];
  const lost = short.filter((name) => !(accepted.shortNames ?? []).includes(name) && resources.has(name));
  if (lost.length > 0) conflict = { reason: 'ShortNamesConflict', message: lost.map(inUse).join(', ') };
  else if (short.length > 0) result.shortNames = short;
  else delete result.shortNames;
  settle('kind', kinds);
  settle('listKind', kinds);
  if (names.categories === undefined) delete result.categories;
  else result.categories = names.categories;
  return { accepted: result, conflict };
}

const inUse = (name: string): string => `${JSON.stringify(name)} is already in use`;

/** The names that other resources of a group have. Those of a definition are its accepted ones. */
function takenNames(
  group: string,
  itself: string,
  state: AdmissionContext['state'],
): { resources: ReadonlySet<string>; kinds: ReadonlySet<string> } {
  const resources = new Set<string>();
  const kinds = new Set<string>();
  for (const row of state.catalog.rows) {
    if (row.group !== group || !isBuiltIn(row)) continue;
    resources.add(row.plural).add(row.kind.toLowerCase());
    kinds.add(row.kind).add(`${row.kind}List`);
  }
  for (const other of state.list(DEFINITIONS)) {
    const { acceptedNames: names } = other.status ?? {};
    if (other.metadata.name === itself || other.spec?.group !== group || names === undefined) continue;
    for (const name of [names.plural, names.singular ?? '', ...(names.shortNames ?? [])]) resources.add(name);
    kinds.add(names.kind).add(names.listKind ?? '');
  }
  resources.delete('');
  kinds.delete('');
  return { resources, kinds };
}

function isBuiltIn({ versions }: ResourceRow): boolean {
  return typeof versions[0].schema === 'string';
}

/** Conditions that are decided here. */
const SETTLED = ['NamesAccepted', 'Established', 'KubernetesAPIApprovalPolicyConformant'];

/** In the order in which Kubernetes comes to them. A resource that is served stays so, whatever becomes of its names. */
function conditionsOf(
  draft: Definition,
  conflict: Conflict | undefined,
  before: readonly Condition[],
  written: readonly Condition[],
): Condition[] {
  const established = before.find(({ type, status }) => type === 'Established' && status === 'True');
  const approval = approvalCondition(draft);
  const accepted: Condition =
    conflict === undefined
      ? { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' }
      : { type: 'NamesAccepted', status: 'False', ...conflict };
  const free: Condition = {
    type: 'Established',
    status: 'True',
    reason: 'InitialNamesAccepted',
    message: 'the initial names have been accepted',
  };
  const refused: Condition = {
    type: 'Established',
    status: 'False',
    reason: 'NotAccepted',
    message: 'not all names are accepted',
  };
  return [
    accepted,
    established ?? (conflict === undefined ? free : refused),
    ...(approval === undefined ? [] : [approval]),
    ...written.filter(({ type }) => !SETTLED.includes(type)),
  ];
}

/** With the times of their last transitions. */
function timed(conditions: readonly Condition[], before: readonly Condition[], now: string): Condition[] {
  return conditions.map((condition) => {
    const was = before.find(({ type }) => type === condition.type);
    return { ...condition, lastTransitionTime: was?.status === condition.status ? was.lastTransitionTime : now };
  });
}
