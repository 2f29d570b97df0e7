// Reads YAML in a process of its own: a large document takes seconds, which nothing else should wait for, and one that is
// nested deeply enough ends the process in which it is read. Answers with JSON.
import { parse } from 'yaml';

const longest = Number(process.argv[2]);

/** Keys that come twice: the last one counts, as in JSON; looking for them would cost the square of their number. */
const OPTIONS = { maxAliasCount: 100, uniqueKeys: false, logLevel: 'error' };

function read(text) {
  try {
    const json = JSON.stringify(parse(text, OPTIONS)) ?? 'null';
    return json.length > longest ? { tooLong: true } : { json };
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) };
  }
}

process.on('message', (text) => process.send(read(text)));
process.on('disconnect', () => process.exit());
