import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

/**
 * Makes sure that a file of the api's tokens has the administrator's line, as its first one. What else is in it stays as
 * it is: people add users there.
 */
export function keepToken(path: string, line: string): void {
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const lines = text.split('\n').map((present) => present.trim());
  if (lines.includes(line)) return;
  // In place at once: the api may be reading it.
  writeFileSync(`${path}.new`, `${line}\n${text}`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
