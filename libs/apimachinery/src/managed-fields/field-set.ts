import type { FieldSet } from '@shiplog/contracts';

/**
 * Sets of fields as tries, in the form of FieldsV1: a step is `f:<field>`, `k:<keys of a list's item>` or `v:<item of a set>`. What
 * has no steps is in the set; what has some is in it where `.` is among them. Sets are values: they are never changed, and
 * what an operation leaves alone is shared.
 */

/** A field that is in the set, and nothing within it. */
export const LEAF: FieldSet = Object.freeze({});
/** No field at all: a root is never in its own set. */
export const NOTHING: FieldSet = Object.freeze({});

const SELF = '.';

export function isEmptySet(set: FieldSet): boolean {
  for (const _ in set) return false;
  return true;
}

/** Whether a node is itself in the set that it is of; not asked of a root. */
export function isMember(node: FieldSet): boolean {
  return Object.hasOwn(node, SELF) || isEmptySet(node);
}

/** A node of what is within it, itself in the set or not; undefined when that comes to nothing. */
export function nodeOf(steps: FieldSet, member: boolean): FieldSet | undefined {
  if (isEmptySet(steps)) return member ? LEAF : undefined;
  return member && !Object.hasOwn(steps, SELF) ? { [SELF]: LEAF, ...steps } : steps;
}

/** What is in either of two sets. */
export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmptySet(b)) return a;
  return isEmptySet(a) ? b : unionOfSteps(a, b);
}

function unionOfNodes(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a;
  if (isEmptySet(b)) return nodeOf(a, true) ?? LEAF;
  return isEmptySet(a) ? (nodeOf(b, true) ?? LEAF) : unionOfSteps(a, b);
}

function unionOfSteps(a: FieldSet, b: FieldSet): FieldSet {
  let result: Record<string, FieldSet> | undefined;
  for (const step of Object.keys(b)) {
    const other = b[step] as FieldSet;
    const own = a[step];
    const both = own === undefined ? other : unionOfNodes(own, other);
    if (both !== own) (result ??= { ...a })[step] = both;
  }
  return result ?? a;
}

/** What is in any of the sets, to be taken away from others. Costs what all of them have, however many they are. */
export function unionOf(sets: readonly FieldSet[]): FieldSet {
  const [first = NOTHING, ...others] = sets.filter((set) => !isEmptySet(set));
  if (others.length === 0) return first;
  const result: MutableSet = {};
  for (const set of [first, ...others]) addTo(result, set);
  return result;
}

interface MutableSet {
  [step: string]: MutableSet;
}

function addTo(target: MutableSet, set: FieldSet): void {
  for (const step of Object.keys(set)) {
    const node = set[step] as FieldSet;
    const own = (target[step] ??= {});
    if (step === SELF) continue;
    // Whatever comes to be within it, it stays in the set.
    if (isEmptySet(node)) own[SELF] = {};
    else addTo(own, node);
  }
}

/**
 * What is in one set and not in the other. Costs what the first one has. Of a field with fields within it each is looked at alone: taking away the parent leaves its
 * children, and the other way round.
 */
export function difference(set: FieldSet, gone: FieldSet): FieldSet {
  return isEmptySet(set) || isEmptySet(gone) ? set : (withoutSteps(set, gone) ?? NOTHING);
}

/** Undefined when nothing is left. Whether another set's node is empty takes as long as it is wide: that is asked last. */
function withoutNode(node: FieldSet, gone: FieldSet): FieldSet | undefined {
  if (isEmptySet(node)) return isMember(gone) ? undefined : node;
  const isLeaf = Object.hasOwn(node, SELF) && !Object.hasOwn(gone, SELF) && isEmptySet(gone);
  return withoutSteps(node, isLeaf ? ITSELF : gone);
}

const ITSELF: FieldSet = { [SELF]: LEAF };

function withoutSteps(node: FieldSet, gone: FieldSet): FieldSet | undefined {
  let changed: Map<string, FieldSet | undefined> | undefined;
  for (const step of Object.keys(node)) {
    const other = gone[step];
    if (other === undefined) continue;
    const own = node[step] as FieldSet;
    const left = step === SELF ? undefined : withoutNode(own, other);
    if (left !== own) (changed ??= new Map()).set(step, left);
  }
  return changed === undefined ? node : replaced(node, changed);
}

function replaced(node: FieldSet, changed: ReadonlyMap<string, FieldSet | undefined>): FieldSet | undefined {
  const result: Record<string, FieldSet> = {};
  let steps = 0;
  for (const step of Object.keys(node)) {
    const left = changed.has(step) ? changed.get(step) : node[step];
    if (left === undefined) continue;
    result[step] = left;
    steps += 1;
  }
  if (steps === 0) return undefined;
  return steps === 1 && Object.hasOwn(result, SELF) ? LEAF : result;
}

/** What is in both sets. Costs what the first one has. */
export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  return isEmptySet(a) || isEmptySet(b) ? NOTHING : commonSteps(a, b);
}

function commonSteps(a: FieldSet, b: FieldSet): FieldSet {
  const result: Record<string, FieldSet> = {};
  for (const step of Object.keys(a)) {
    const other = b[step];
    if (other === undefined || step === SELF) continue;
    const both = commonNode(a[step] as FieldSet, other);
    if (both !== undefined) result[step] = both;
  }
  return result;
}

function commonNode(a: FieldSet, b: FieldSet): FieldSet | undefined {
  if (a === b) return a;
  const member = isMember(a) && isMember(b);
  return nodeOf(isEmptySet(a) ? NOTHING : commonSteps(a, b), member);
}

/** Whether a path is in the set. */
export function hasPath(set: FieldSet, path: readonly string[]): boolean {
  let node: FieldSet | undefined = set;
  for (const step of path) node = node !== undefined && Object.hasOwn(node, step) ? node[step] : undefined;
  return node !== undefined && path.length > 0 && isMember(node);
}

/** The set of one path, which is not empty. */
export function setOfPath(path: readonly string[]): FieldSet {
  return path.reduceRight<FieldSet>((node, step) => ({ [step]: node }), LEAF);
}

/** The paths of a set, at each level those that end there first (Set.Iterate in structured-merge-diff). */
export function* pathsOf(set: FieldSet, before: readonly string[] = []): Generator<readonly string[]> {
  const steps = Object.keys(set)
    .filter((step) => step !== SELF)
    .sort();
  for (const step of steps) if (isMember(set[step] as FieldSet)) yield [...before, step];
  for (const step of steps)
    if (!isEmptySet(set[step] as FieldSet)) yield* pathsOf(set[step] as FieldSet, [...before, step]);
}

/** The set with the steps of each node in the order in which Kubernetes writes them. */
export function inOrder(set: FieldSet): FieldSet {
  const result: Record<string, FieldSet> = {};
  for (const step of Object.keys(set).sort()) {
    const node = set[step] as FieldSet;
    result[step] = isEmptySet(node) ? LEAF : inOrder(node);
  }
  return result;
}
