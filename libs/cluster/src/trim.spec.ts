import type { Changes, FieldMask } from '@shiplog/contracts';
import fc from 'fast-check';
import { ChangeMismatch, changesBetween, withChanges } from './changes';
import { anyJson, type Json } from './testing/any-json';
import { trim, trimChanges } from './trim';

const mask = fc.letrec<{ mask: FieldMask }>((tie) => ({
  mask: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constant({}),
    fc
      .dictionary(fc.constantFrom('a', 'b', 'c', 'name', 'type', 'status', 'more'), tie('mask'), { maxKeys: 4 })
      .map((fields): FieldMask => ({ fields })),
  ),
})).mask;

/** Any changes of the format, whether or not they can be made of an object. */
const anyChanges = fc.letrec((tie) => ({
  changes: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'name', '__proto__'), tie('change'), { maxKeys: 3 }),
  change: fc.oneof(
    { maxDepth: 4 },
    fc.record({ set: fc.oneof(fc.constant(null), fc.integer(), anyJson, fc.array(anyJson, { maxLength: 2 })) }),
    fc.constant({ unset: true }),
    fc.record({ in: tie('changes') }),
    fc.record({
      by: fc.constant(['name']),
      items: fc.array(
        fc.oneof(
          fc.record({ key: fc.constantFrom(['x'], ['y']), in: tie('changes').map(keepingKeys) }),
          fc.record({ key: fc.constantFrom(['x'], ['y']), unset: fc.constant(true) }),
          fc.record({ set: anyJson }),
        ),
        { maxLength: 3 },
      ),
    }),
  ),
})).changes as fc.Arbitrary<Changes>;

/** An item is told apart by its name as long as it is there. */
function keepingKeys(changes: unknown): Changes {
  const { name: _name, ...rest } = changes as Changes;
  return rest;
}

/** The object with changes made, as text; undefined where they can't be made of it. */
function changedText(object: Json, changes: Changes): string | undefined {
  try {
    return JSON.stringify(withChanges(object, changes));
  } catch (error) {
    if (error instanceof ChangeMismatch) return undefined;
    throw error;
  }
}

function expectSame(object: Json, changes: Changes, kept: FieldMask): void {
  if (changedText(object, changes) === undefined) return;
  const whole = JSON.stringify(trim(withChanges(object, changes), kept));
  expect(changedText(trim(object, kept) as Json, trimChanges(changes, kept))).toBe(whole);
}

describe('what is kept of an object', () => {
  it('comes of what is kept of changes, byte for byte: between any two objects', () => {
    fc.assert(
      fc.property(anyJson, anyJson, mask, (before, after, kept) =>
        expectSame(before, changesBetween(before, after) ?? {}, kept),
      ),
      { numRuns: 5_000 },
    );
  });

  it('… and any changes of the format that can be made of it', () => {
    fc.assert(fc.property(anyJson, anyChanges, mask, expectSame), { numRuns: 5_000 });
  });

  it('… also of a list of conditions of which some are kept', () => {
    const condition = fc.record(
      {
        type: fc.constantFrom('Ready', 'Initialized', 'PodScheduled'),
        status: fc.constantFrom('True', 'False'),
        message: anyJson,
      },
      { requiredKeys: ['type', 'status'] },
    );
    const conditions = fc.oneof(
      fc.uniqueArray(condition, { selector: ({ type }) => type }),
      fc.array(condition, { maxLength: 3 }),
      fc.constantFrom(null, {}, 'none'),
    );
    const status = fc.record({ conditions }, { requiredKeys: [] });
    const kept: FieldMask = { fields: { conditions: { only: ['Ready', 'PodScheduled'], fields: { status: {} } } } };
    fc.assert(
      fc.property(status, status, (before, after) => expectSame(before, changesBetween(before, after) ?? {}, kept)),
      { numRuns: 2_000 },
    );
    const byName: Changes = { conditions: { by: ['name'], items: [{ key: ['x'], unset: true }] } };
    expect(() => trimChanges(byName, kept)).toThrow(ChangeMismatch);
  });

  it('is kept once: to keep it again changes nothing', () => {
    fc.assert(
      fc.property(anyJson, mask, (object, kept) => expect(trim(trim(object, kept), kept)).toEqual(trim(object, kept))),
    );
  });

  it('has of a list what tells its items apart', () => {
    const kept: FieldMask = { fields: { containers: { fields: { ports: {} } } } };
    const pod = { containers: [{ name: 'web', image: 'a', ports: [80] }, { name: 'b', image: 'c' }, 7], volumes: [] };
    expect(trim(pod, kept)).toEqual({ containers: [{ name: 'web', ports: [80] }, { name: 'b' }, 7] });
  });
});
