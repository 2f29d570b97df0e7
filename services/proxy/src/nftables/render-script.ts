import type { ElementChange } from './element-book';
import { TABLE, type Definition } from './render-layout';

/** Elements named in one line: keeps lines, and nft's parser, at a bearable length. */
const ELEMENTS_PER_LINE = 500;

/**
 * Text for `nft -f -` that makes definitions as they should be, whether or not they are there already. Elements of maps
 * go; those of sets that the packet path fills (affinity) stay.
 */
export function renderDefinitions(definitions: readonly Definition[]): string {
  const collections = definitions.filter((one) => one.kind !== 'chain');
  const chains = definitions.filter((one) => one.kind === 'chain');
  const lines = [
    ...collections.map((one) => `add ${one.kind} ip ${TABLE} ${one.name} { ${one.body} }`),
    ...collections
      .filter((one) => one.keepsElements !== true)
      .map((one) => `flush ${one.kind} ip ${TABLE} ${one.name}`),
    ...chains.map((one) => `add chain ip ${TABLE} ${one.name}${one.hook === undefined ? '' : ` { ${one.hook} }`}`),
    ...chains.map((one) => `flush chain ip ${TABLE} ${one.name}`),
    ...chains.flatMap((one) => one.rules.map((rule) => `add rule ip ${TABLE} ${one.name} ${rule}`)),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** Text that carries changes of elements out: what goes first, then what comes. */
export function renderChanges(changes: readonly ElementChange[]): string {
  const gone = group(
    changes.filter((one) => one.before !== undefined),
    (one) => one.key,
  );
  const come = group(
    changes.filter((one) => one.after !== undefined),
    (one) => (one.after === '' ? one.key : `${one.key} : ${one.after}`),
  );
  return [...statements('delete', gone), ...statements('add', come)].join('');
}

/** The whole table in one transaction. `anew` drops a table whose maps are of another layout, affinity included. */
export function renderTable(
  definitions: readonly Definition[],
  elements: readonly ElementChange[],
  options: { anew: boolean },
): string {
  const head = `add table ip ${TABLE}\n`;
  const start = options.anew ? `${head}delete table ip ${TABLE}\n${head}` : head;
  return `${start}${renderDefinitions(definitions)}${renderChanges(elements)}`;
}

/** Removes all that this proxy ever made, also when there is nothing. */
export function renderCleanup(): string {
  return `add table ip ${TABLE}\ndelete table ip ${TABLE}\n`;
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

function* statements(verb: 'add' | 'delete', groups: Map<string, string[]>): Generator<string> {
  for (const [collection, texts] of groups) {
    for (let from = 0; from < texts.length; from += ELEMENTS_PER_LINE) {
      const some = texts.slice(from, from + ELEMENTS_PER_LINE).join(', ');
      yield `${verb} element ip ${TABLE} ${collection} { ${some} }\n`;
    }
  }
}
