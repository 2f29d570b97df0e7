// Reads YAML in a process of its own: a large document takes seconds, which nothing else should wait for, and one that is
// nested deeply enough ends the process in which it is read. Answers with JSON.
import { isScalar, LineCounter, parseDocument, visit } from 'yaml';

const longest = Number(process.argv[2]);

/** Keys that come twice: the last one counts, as in JSON; the reader's own look for them costs the square of their number. */
const OPTIONS = { uniqueKeys: false, logLevel: 'error' };
const MOST_DUPLICATES = 100;

function read(text) {
  try {
    const lines = new LineCounter();
    const document = parseDocument(text, { ...OPTIONS, lineCounter: lines });
    const [error] = document.errors;
    if (error !== undefined) throw error;
    const json = JSON.stringify(document.toJS({ maxAliasCount: 100 })) ?? 'null';
    return json.length > longest ? { tooLong: true } : { json, duplicates: duplicatesIn(document, lines) };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

/** In the words of Kubernetes' reader. */
function duplicatesIn(document, lines) {
  const found = [];
  visit(document, {
    Map(_, { items }) {
      const seen = new Set();
      for (const { key } of items) {
        const name = isScalar(key) ? key.value : key;
        if (seen.has(name) && found.length < MOST_DUPLICATES) {
          found.push(`line ${lines.linePos(key.range[0]).line}: key ${JSON.stringify(name)} already set in map`);
        }
        seen.add(name);
      }
    },
  });
  return found;
}

process.on('message', (text) => process.send(read(text)));
process.on('disconnect', () => process.exit());
