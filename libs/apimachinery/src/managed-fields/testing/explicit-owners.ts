import { isJsonObject } from '../../values/json-object';
import { type MergeSchema, fieldSchema } from '../merge-schema';
import { fieldStep, itemStep } from '../path-element';

/**
 * Ownership as Kubernetes describes it, followed to the letter: each manager has a list of paths, and every path that changes is looked
 * at for every manager. Slow, and with nothing left to say by "the rest".
 */
export class ExplicitOwners {
  readonly owners = new Map<string, Set<string>>();

  constructor(private readonly schema: MergeSchema) {}

  update(key: string, before: object, after: object): void {
    const { added, modified, removed } = this.#compare(before, after);
    const changed = [...added, ...modified];
    if (changed.length + removed.length === 0) return;
    for (const paths of this.owners.values()) this.#remove(paths, removed);
    for (const [other, paths] of this.owners) if (other !== key) this.#remove(paths, changed);
    const own = this.owners.get(key) ?? new Set();
    for (const path of changed) if (!isUntracked(path)) own.add(path);
    this.owners.set(key, own);
    this.#dropEmpty();
  }

  /** What an application would take from others, as `manager path`. */
  conflicts(key: string, before: object, merged: object): string[] {
    const { added, modified } = this.#compare(before, merged);
    const changed = new Set([...added, ...modified]);
    return [...this.owners].flatMap(([other, paths]) =>
      other === key ? [] : [...paths].filter((path) => changed.has(path)).map((path) => `${other} ${path}`),
    );
  }

  /** What its manager applied and no longer does, and nobody else has. */
  givenUp(key: string, applied: object): Set<string> {
    const now = this.applied(applied);
    const others = [...this.owners].flatMap(([other, paths]) => (other === key ? [] : [...paths]));
    return new Set([...(this.owners.get(key) ?? [])].filter((path) => !now.has(path) && !others.includes(path)));
  }

  apply(key: string, before: object, merged: object, applied: object): void {
    const { added, modified, removed } = this.#compare(before, merged);
    for (const [other, paths] of this.owners)
      if (other !== key) this.#remove(paths, [...added, ...modified, ...removed]);
    this.owners.set(key, this.applied(applied));
    this.#dropEmpty();
  }

  applied(object: object): Set<string> {
    const paths = new Set<string>();
    walk(this.schema, object, [], (path, kind, { schema, value }) => {
      const asksForNothing = schema.list !== undefined && Array.isArray(value) && value.length === 0;
      if (kind !== 'struct' && !asksForNothing && !isUntracked(path)) paths.add(path);
    });
    return paths;
  }

  #compare(before: object, after: object): { added: string[]; modified: string[]; removed: string[] } {
    const were = this.#values(before);
    const are = this.#values(after);
    return {
      added: [...are.keys()].filter((path) => !were.has(path)),
      removed: [...were.keys()].filter((path) => !are.has(path)),
      modified: [...are].flatMap(([path, value]) => {
        const then = were.get(path);
        return were.has(path) && then !== value && !isFilledOrEmptied(then, value) ? [path] : [];
      }),
    };
  }

  /** Of every path what is there, of what holds others nothing. */
  #values(object: object): Map<string, string | undefined> {
    const values = new Map<string, string | undefined>();
    walk(this.schema, object, [], (path, kind, { value }) =>
      values.set(path, kind === 'leaf' ? textOf(value) : undefined),
    );
    return values;
  }

  #remove(paths: Set<string>, gone: readonly string[]): void {
    for (const path of gone) paths.delete(path);
  }

  #dropEmpty(): void {
    for (const [key, paths] of this.owners) if (paths.size === 0) this.owners.delete(key);
  }
}

/** `entry`: holds others, and is an entry of a map or an item of a list. */
type PathKind = 'leaf' | 'struct' | 'entry';

function walk(
  schema: MergeSchema,
  value: unknown,
  path: readonly string[],
  visit: (path: string, kind: PathKind, at: { schema: MergeSchema; value: unknown }) => void,
  isEntry = false,
): void {
  const parts = partsOf(schema, value);
  const kind = parts.length === 0 ? 'leaf' : isEntry ? 'entry' : 'struct';
  if (path.length > 0) visit(path.join('/'), kind, { schema, value });
  for (const part of parts) walk(part.schema, part.value, [...path, part.step], visit, part.isEntry);
}

interface PathPart {
  readonly schema: MergeSchema;
  readonly value: unknown;
  readonly step: string;
  readonly isEntry: boolean;
}

function partsOf({ map, list }: MergeSchema, value: unknown): PathPart[] {
  if (map !== undefined && isJsonObject(value)) {
    return Object.entries(value).flatMap(([name, of]) => {
      const schema = fieldSchema(map, name);
      return schema === undefined
        ? []
        : [{ schema, value: of, step: fieldStep(name), isEntry: map.field(name) === undefined }];
    });
  }
  if (list === undefined || !Array.isArray(value)) return [];
  return value.map((of) => ({
    schema: list.items,
    value: of as unknown,
    step: itemStep(list, of) ?? '',
    isEntry: true,
  }));
}

/** The same text for the same value, whatever the order of its fields. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_, of: unknown) => (isJsonObject(of) ? Object.entries(of).sort() : of));
}

/** What holds others stays what it is when it comes to hold none, and the other way round. */
function isFilledOrEmptied(then: string | undefined, now: string | undefined): boolean {
  const isEmpty = (value: string | undefined): boolean => value === '[]' || value === 'null';
  return (then === undefined && isEmpty(now)) || (isEmpty(then) && now === undefined);
}

function isUntracked(path: string): boolean {
  return ['f:apiVersion', 'f:kind', 'f:metadata', 'f:metadata/f:name'].includes(path);
}
