import { renderDefinitions, type Definition, type TableFamily } from './nft';

/** What is to happen to one element; `undefined` on a side means that it isn't there. A set's elements have value ''. */
export interface ElementChange {
  readonly collection: string;
  readonly key: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** Elements named in one line: keeps lines, and nft's parser, at a bearable length. */
const ELEMENTS_PER_LINE = 500;

/** Text that carries changes of elements out: what goes first, then what comes. */
export function renderChanges(table: string, changes: readonly ElementChange[], family: TableFamily = 'ip'): string {
  const gone = group(
    changes.filter(({ before }) => before !== undefined),
    ({ key }) => key,
  );
  const come = group(
    changes.filter(({ after }) => after !== undefined),
    ({ key, after }) => (after === '' ? key : `${key} : ${after}`),
  );
  const name = `${family} ${table}`;
  return [...statements(name, 'delete', gone), ...statements(name, 'add', come)].join('');
}

/** The whole table in one transaction. `anew` drops a table whose maps are of another layout, affinity included. */
export function renderTable(
  table: string,
  definitions: readonly Definition[],
  elements: readonly ElementChange[],
  { anew, family = 'ip' }: { anew: boolean; family?: TableFamily },
): string {
  const head = `add table ${family} ${table}\n`;
  const start = anew ? `${head}delete table ${family} ${table}\n${head}` : head;
  return `${start}${renderDefinitions(table, definitions, family)}${renderChanges(table, elements, family)}`;
}

/** One change per element: from what it was first to what it is last. */
export function compactChanges(changes: readonly ElementChange[]): ElementChange[] {
  const last = new Map<string, ElementChange>();
  for (const change of changes) {
    const id = `${change.collection} ${change.key}`;
    const earlier = last.get(id);
    last.set(id, earlier === undefined ? change : { ...change, before: earlier.before });
  }
  return [...last.values()].filter(({ before, after }) => before !== after);
}

function group(changes: readonly ElementChange[], text: (change: ElementChange) => string): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const change of changes) {
    const texts = groups.get(change.collection);
    if (texts === undefined) groups.set(change.collection, [text(change)]);
    else texts.push(text(change));
  }
  return groups;
}

function* statements(table: string, verb: 'add' | 'delete', groups: Map<string, string[]>): Generator<string> {
  for (const [collection, texts] of groups) {
    for (let from = 0; from < texts.length; from += ELEMENTS_PER_LINE) {
      const some = texts.slice(from, from + ELEMENTS_PER_LINE).join(', ');
      yield `${verb} element ${table} ${collection} { ${some} }\n`;
    }
  }
}
