import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The text of `testing/golden/<name>`; with UPDATE_GOLDEN=1 it becomes what is given, for a look at the difference. */
export function golden(name: string, text: string): string {
  const path = join(__dirname, 'golden', name);
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(path, text);
  return readFileSync(path, 'utf8');
}
