import { hash } from 'node:crypto';
import type { PlannedCommand } from './controller';

/** Of a digest, enough that two plans of one key are never taken for each other by accident. */
const CHARACTERS = 8;

/**
 * Names what a decision came to: the same for the same commands in the same order, however their fields are ordered. The log keeps
 * this, and no commands: what was refused or changed nothing has no event to be compared with.
 */
export function planHash(commands: readonly PlannedCommand[]): string {
  return hash('sha256', canonicalText(commands, new Map()), 'base64url').slice(0, CHARACTERS);
}

/** JSON with the fields of objects in the order of their names. @param known texts of objects that are in it more than once */
function canonicalText(value: unknown, known: Map<object, string>): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  let text = known.get(value);
  if (text === undefined) known.set(value, (text = textOf(value, known)));
  return text;
}

function textOf(value: object, known: Map<object, string>): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalText(item, known)).join()}]`;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  const texts = fields.map(([name, field]) => `${JSON.stringify(name)}:${canonicalText(field, known)}`);
  return `{${texts.sort().join()}}`;
}
