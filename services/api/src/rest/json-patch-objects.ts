/** A position further back in a list is taken for its first: nobody should make a long list of us. */
const FURTHEST = 1_000;

/**
 * What each operation of a JSON patch (RFC 6902) gives, as an object of which only that is there, so that its fields can be
 * looked at as those of any other body. A number in a path may be a place in a list or a key: both are made of it.
 */
export function jsonPatchObjects(patch: unknown): unknown[] {
  if (!Array.isArray(patch)) return [];
  return patch.flatMap((operation: unknown) => {
    const { op, path, value } = (operation ?? {}) as { op?: unknown; path?: unknown; value?: unknown };
    if ((op !== 'add' && op !== 'replace') || typeof path !== 'string' || !path.startsWith('/')) return [];
    const steps = path
      .slice(1)
      .split('/')
      .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
    const asKeys = nested(steps, value, () => false);
    return steps.some(isPlace) ? [nested(steps, value, isPlace), asKeys] : [asKeys];
  });
}

function isPlace(step: string): boolean {
  return step === '-' || /^\d+$/.test(step);
}

function nested(steps: readonly string[], value: unknown, isIndex: (step: string) => boolean): unknown {
  return steps.reduceRight<unknown>((inner, step) => {
    if (!isIndex(step)) return Object.fromEntries([[step, inner]]);
    const place = Number(step);
    const before = place <= FURTHEST ? Array.from({ length: place }, () => ({})) : [];
    return [...before, inner];
  }, value);
}
