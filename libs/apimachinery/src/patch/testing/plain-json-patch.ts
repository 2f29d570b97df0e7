import { sameJson } from '../../values/equal';

/** An operation of RFC 6902. */
export interface PlainOperation {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

/**
 * RFC 6902 as its sections read, with a new document at each step of each path: what the quick way has to come to.
 * Throws where an operation does not apply.
 */
export function plainlyJsonPatched(document: unknown, patch: readonly PlainOperation[]): unknown {
  return patch.reduce(applied, document);
}

function applied(document: unknown, { op, path, from = '', value }: PlainOperation): unknown {
  const at = steps(path);
  switch (op) {
    case 'add':
      return added(document, at, value);
    case 'remove':
      return removed(document, at);
    case 'replace':
      return replaced(document, at, value);
    case 'move':
      return added(removed(document, steps(from)), at, valueAt(document, steps(from)));
    case 'copy':
      return added(document, at, valueAt(document, steps(from)));
    default:
      if (!sameJson(valueAt(document, at), value)) throw new Error(`${path} is another value`);
      return document;
  }
}

function added(document: unknown, path: readonly string[], value: unknown): unknown {
  return changed(
    document,
    path,
    (parent, step) => {
      if (!Array.isArray(parent)) return { ...parent, [step]: value };
      const at = step === '-' ? parent.length : Number(step);
      if (!(at <= parent.length)) throw new Error(`${step} is beyond the list`);
      return [...parent.slice(0, at), value, ...parent.slice(at)];
    },
    value,
  );
}

function removed(document: unknown, path: readonly string[]): unknown {
  return changed(
    document,
    path,
    (parent, step) => {
      valueAt(parent, [step]);
      if (Array.isArray(parent)) return parent.filter((_, at) => at !== Number(step));
      return Object.fromEntries(Object.entries(parent).filter(([field]) => field !== step));
    },
    null,
  );
}

function replaced(document: unknown, path: readonly string[], value: unknown): unknown {
  valueAt(document, path);
  return changed(document, path, (parent, step) => withChild(parent, step, value), value);
}

/** A document whose place's parent is another, and with it all on the way there; `root` where the place is all of it. */
function changed(
  document: unknown,
  path: readonly string[],
  change: (parent: object, step: string) => unknown,
  root: unknown,
): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return root;
  if (typeof document !== 'object' || document === null) throw new Error(`there is no ${step} in a value`);
  if (rest.length === 0) return change(document, step);
  return withChild(document, step, changed(valueAt(document, [step]), rest, change, root));
}

function withChild(parent: object, step: string, value: unknown): unknown {
  return Array.isArray(parent) ? parent.with(Number(step), value) : { ...parent, [step]: value };
}

function valueAt(document: unknown, path: readonly string[]): unknown {
  return path.reduce((value, step) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step) || step === 'length')
      throw new Error(`there is no ${step}`);
    return (value as Record<string, unknown>)[step];
  }, document);
}

function steps(pointer: string): string[] {
  const escaped = pointer.split('/').slice(1);
  return escaped.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}
