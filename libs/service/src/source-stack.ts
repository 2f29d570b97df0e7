import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';

/** A frame's place in a compiled file: path, line and column, both from 1. */
const PLACE = /(?<path>\/[^\s()]+\.js):(?<line>\d+):(?<column>\d+)/g;
/** Maps kept; a defect that repeats names the same few files. */
const MOST_MAPS = 50;
const maps = new Map<string, SourceMap | undefined>();

/**
 * A stack trace with its places in the TypeScript. Done when an error is told, not by `--enable-source-maps`: that
 * reads the map of every module at its loading, those of node_modules too, and takes 5 MB of each process.
 */
export function sourceStack(stack: string): string {
  return stack.replace(PLACE, (place: string, ...rest: unknown[]) => {
    const { path, line, column } = rest.at(-1) as Record<'path' | 'line' | 'column', string>;
    const entry = mapOf(path)?.findEntry(Number(line) - 1, Number(column) - 1);
    if (entry === undefined || !('originalSource' in entry)) return place;
    return `${entry.originalSource}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  });
}

function mapOf(path: string): SourceMap | undefined {
  if (path.includes('/node_modules/')) return undefined;
  if (!maps.has(path)) {
    if (maps.size >= MOST_MAPS) maps.clear();
    maps.set(path, readMap(path));
  }
  return maps.get(path);
}

function readMap(path: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(`${path}.map`, 'utf8')) as SourceMapPayload);
  } catch {
    // A file without a map, or with a broken one, is told as it is.
    return undefined;
  }
}
