import { PatchError } from './patch-error';

/** The steps of a JSON pointer (RFC 6901), unescaped. Throws PatchError when it is none. */
export function stepsOf(pointer: unknown, field: 'path' | 'from'): string[] {
  if (typeof pointer !== 'string') {
    throw new PatchError('inapplicable', `operation \`${field}\` must be a string`);
  }
  if (pointer === '') return [];
  if (!pointer.startsWith('/')) {
    throw new PatchError('inapplicable', `operation \`${field}\` must start with a slash or be empty`);
  }
  const steps = pointer.slice(1).split('/');
  return pointer.includes('~') ? steps.map(unescaped) : steps;
}

function unescaped(step: string): string {
  return step.replace(/~1/g, '/').replace(/~0/g, '~');
}

const INDEX = /^\d{1,9}$/;

/** The position in a list that a step names; undefined when it is none. */
export function indexOf(step: string): number | undefined {
  return INDEX.test(step) ? Number(step) : undefined;
}
