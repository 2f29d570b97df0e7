import { isJsonObject, ownField, type Problems } from '@shiplog/apimachinery';

/** What a check may look at beside the value itself. */
export interface Surroundings {
  /** The object that holds the value as a field; the list or map, for an item. */
  readonly holder: unknown;
  /** The whole object. */
  readonly root: Readonly<Record<string, unknown>>;
  /** Whether an object is replaced. */
  readonly isUpdate: boolean;
  /** What was at the path before an update; undefined for a path through items of lists and maps. */
  readonly before: unknown;
}

/** A rule for the value at a path, which is undefined where its holder has none. Adds to `problems`. */
export type Check = (value: unknown, at: string, problems: Problems, around: Surroundings) => void;

/**
 * Rules by the paths of fields: `spec.replicas`, or `spec.ports[*].port` for a field of every item of a list or value of a
 * map. Of the checks of a path the first that finds something ends them.
 */
export type Rows = Readonly<Record<string, Check | readonly Check[]>>;

const ITEMS = '*';

interface Row {
  readonly path: string;
  readonly steps: readonly string[];
  readonly checks: readonly Check[];
}

/** Rules of a kind that are data. */
export class FieldRules {
  readonly #rows: readonly Row[];

  constructor(rows: Rows) {
    this.#rows = Object.entries(rows).map(([path, checks]) => ({
      path,
      steps: path.replaceAll('[*]', `.${ITEMS}`).split('.'),
      checks: Array.isArray(checks) ? (checks as readonly Check[]) : [checks as Check],
    }));
  }

  /** The paths that have rules, as they were given. */
  get paths(): readonly string[] {
    return this.#rows.map(({ path }) => path);
  }

  /** Checks an object, or a part of one that is `at` a path of its own. `before` is there on an update. */
  check(object: object, problems: Problems, { before, at = '' }: { before?: object; at?: string } = {}): void {
    const root = object as Readonly<Record<string, unknown>>;
    const visit = { problems, root, isUpdate: before !== undefined };
    for (const row of this.#rows) descend(row, 0, { value: root, at, holder: undefined, before }, visit);
  }
}

interface Place {
  readonly value: unknown;
  readonly at: string;
  readonly holder: unknown;
  readonly before: unknown;
}

interface Visit {
  readonly problems: Problems;
  readonly root: Readonly<Record<string, unknown>>;
  readonly isUpdate: boolean;
}

function descend(row: Row, depth: number, place: Place, visit: Visit): void {
  const step = row.steps[depth];
  if (step === undefined) return runChecks(row.checks, place, visit);
  if (step === ITEMS) return descendItems(row, depth, place, visit);
  // A spec is a struct in Go, no pointer: one that is left out breaks the same rules as an empty one.
  const value = place.value ?? (depth === 1 ? {} : undefined);
  if (!isJsonObject(value)) return;
  const before = isJsonObject(place.before) ? ownField(place.before, step) : undefined;
  const at = place.at === '' ? step : `${place.at}.${step}`;
  descend(row, depth + 1, { value: ownField(value, step), at, holder: value, before }, visit);
}

function descendItems(row: Row, depth: number, { value: holder, at }: Place, visit: Visit): void {
  const visitItem = (key: string | number, value: unknown): void =>
    descend(row, depth + 1, { value, at: `${at}[${key}]`, holder, before: undefined }, visit);
  if (Array.isArray(holder)) holder.forEach((item, i) => visitItem(i, item));
  else if (isJsonObject(holder)) for (const key of Object.keys(holder)) visitItem(key, holder[key]);
}

function runChecks(checks: readonly Check[], { value, at, holder, before }: Place, visit: Visit): void {
  const { problems, root, isUpdate } = visit;
  const found = problems.causes.length;
  for (const check of checks) {
    check(value, at, problems, { holder, root, isUpdate, before });
    if (problems.causes.length > found) return;
  }
}
