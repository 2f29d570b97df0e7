import { RESOURCES, builtIn } from '@shiplog/contracts';
import { applyPatch } from '@shiplog/apimachinery';
import fc from 'fast-check';
import { soundObject } from './soundness/sound-object';
import { anyObject } from '../../apimachinery/src/testing/any-object';
import { admission, stored, valueOf, expected } from './testing/builders';
import { admitCreate } from './create';
import { admitUpdate } from './update';

const ids = RESOURCES.map(({ id }) => id);

describe.each(ids)('whatever is sent as one of %s', (resource) => {
  const ctx = builtIn(resource).namespaced ? admission({ namespace: 'default' }) : admission();

  it('is taken or refused with a 400, 403 or 422, and holds no null or undefined', () => {
    fc.assert(
      fc.property(anyObject(resource), (object) => {
        const sent = JSON.stringify(object);
        const result = admitCreate(builtIn(resource), object, ctx);
        expect(JSON.stringify(object)).toBe(sent);
        if (!result.ok) expect([400, 403, 422]).toContain(result.status.code);
        else expect(holes(result.value)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('is one that readers act upon, once it was admitted', () => {
    fc.assert(
      fc.property(anyObject(resource), (object) => {
        const result = admitCreate(builtIn(resource), object, ctx);
        if (!result.ok) return;
        const before = stored(result.value);
        expect(soundObject(resource, before)).toBeUndefined();
        if (!builtIn(resource).versions[0].subresources.includes('status')) return;
        const after = admitUpdate(builtIn(resource), 'status', before, object, ctx);
        if (after.ok) expect(soundObject(resource, stored(after.value))).toBeUndefined();
      }),
      { numRuns: 200 },
    );
  });

  it('stays the same when it is replaced by, or patched with, itself', () => {
    fc.assert(
      fc.property(anyObject(resource), (object) => {
        const result = admitCreate(builtIn(resource), object, ctx);
        if (!result.ok) return;
        const before = stored(result.value);
        const text = JSON.stringify(before);
        expect(valueOf(admitUpdate(builtIn(resource), undefined, before, before, ctx))).toEqual(before);
        const patched = valueOf(applyPatch(expected(resource), 'merge', before, before));
        expect(valueOf(admitUpdate(builtIn(resource), undefined, before, patched, ctx))).toEqual(before);
        // Two items of one merge key, or an item without, are legal in an object but not in a strategic patch of it.
        const strategic = applyPatch(expected(resource), 'strategic', before, before);
        if (!strategic.ok) expect(strategic.status.code).toBe(400);
        expect(JSON.stringify(before)).toBe(text);
      }),
      { numRuns: 60 },
    );
  });
});

function holes(value: unknown, at = ''): string[] {
  if (value === null || value === undefined) return [at];
  if (typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, item]) => holes(item, `${at}.${key}`));
}
