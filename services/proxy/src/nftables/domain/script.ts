import type { ElementChange } from './element-ownership';
import { renderDefinitions, type Definition } from '@shiplog/hostnet';

/** Elements named in one line: keeps lines, and nft's parser, at a bearable length. */
const ELEMENTS_PER_LINE = 500;

/** Text that carries changes of elements out: what goes first, then what comes. */
export function renderChanges(table: string, changes: readonly ElementChange[]): string {
  const gone = group(
    changes.filter(({ before }) => before !== undefined),
    ({ key }) => key,
  );
  const come = group(
    changes.filter(({ after }) => after !== undefined),
    ({ key, after }) => (after === '' ? key : `${key} : ${after}`),
  );
  return [...statements(table, 'delete', gone), ...statements(table, 'add', come)].join('');
}

/** The whole table in one transaction. `anew` drops a table whose maps are of another layout, affinity included. */
export function renderTable(
  table: string,
  definitions: readonly Definition[],
  elements: readonly ElementChange[],
  options: { anew: boolean },
): string {
  const head = `add table ip ${table}\n`;
  const start = options.anew ? `${head}delete table ip ${table}\n${head}` : head;
  return `${start}${renderDefinitions(table, definitions)}${renderChanges(table, elements)}`;
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
      yield `${verb} element ip ${table} ${collection} { ${some} }\n`;
    }
  }
}
