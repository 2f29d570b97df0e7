import { type Problems } from '@shiplog/apimachinery';

/** A path that leads down from where it starts, and never out of there. */
export function validateDescendingPath(path: string, at: string, problems: Problems): void {
  if (path.startsWith('/')) problems.invalid(at, path, 'must be a relative path');
  validateNoBacksteps(path, at, problems);
}

/** The same for a file of a volume, whose own bookkeeping has names that start with two dots. */
export function validateFilePath(path: string, at: string, problems: Problems): void {
  validateDescendingPath(path, at, problems);
  if (path.startsWith('..') && !path.startsWith('../')) problems.invalid(at, path, "must not start with '..'");
}

/** No step of a path goes back up. */
export function validateNoBacksteps(path: string, at: string, problems: Problems): void {
  if (hasBacksteps(path)) problems.invalid(at, path, "must not contain '..'");
}

/** Whether a step of a path goes back up. */
export function hasBacksteps(path: string): boolean {
  return path.split('/').includes('..');
}
