import fc from 'fast-check';
import { jsonPatched } from './json-patch';
import { PatchError } from './patch-error';
import { strategicallyPatched } from './strategic-patch';
import { type PlainOperation, plainlyJsonPatched } from './testing/plain-json-patch';
import { plainlyPatched } from './testing/plain-strategic-patch';

type Outcome = { value: unknown } | { refused: string };

function outcomeOf(patch: () => unknown): Outcome {
  try {
    return { value: patch() };
  } catch (error) {
    return { refused: error instanceof Error ? error.message : String(error) };
  }
}

const few = <T>(...items: T[]): fc.Arbitrary<T> => fc.constantFrom(...items);
const name = few('a', 'b', 'c', 'd', 'e');

describe('a strategic merge patch', () => {
  const variable = fc.record({ name, value: few('1', '2', '3') }, { requiredKeys: ['name'] });
  const port = fc.record({ containerPort: few(1, 2, 3), protocol: few('TCP', 'UDP') });
  const lists = {
    env: fc.array(variable, { maxLength: 5 }),
    ports: fc.array(port, { maxLength: 5 }),
    args: fc.array(name, { maxLength: 3 }),
  };
  const container = fc.record({ name, image: few('x', 'y'), ...lists }, { requiredKeys: ['name'] });
  const pod = fc.record({
    metadata: fc.record({ finalizers: fc.array(name, { maxLength: 6 }), labels: fc.dictionary(name, name) }),
    spec: fc.record({ containers: fc.array(container, { maxLength: 5 }) }),
  });

  const directive = few(undefined, undefined, undefined, undefined, 'delete', 'merge', 'replace');
  const patchOfVariable = fc.record({ name, value: few('4', null), $patch: directive }, { requiredKeys: ['name'] });
  const order = <T>(items: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(items, { maxLength: 5 });
  const byName = fc.record({ name });
  const patchOfContainer = fc.record(
    {
      name,
      image: few('z'),
      env: fc.array(patchOfVariable, { maxLength: 4 }),
      ports: lists.ports,
      args: lists.args,
      $patch: directive,
      $retainKeys: fc.array(few('name', 'env', 'image'), { maxLength: 3 }),
      '$setElementOrder/env': order(byName),
      '$setElementOrder/ports': order(fc.record({ containerPort: few(1, 2, 3) })),
    },
    { requiredKeys: ['name'] },
  );
  const patch = fc.record(
    {
      metadata: fc.record(
        {
          finalizers: fc.array(name, { maxLength: 4 }),
          labels: fc.dictionary(name, few('x', null)),
          '$setElementOrder/finalizers': order(name),
          '$deleteFromPrimitiveList/finalizers': order(name),
        },
        { requiredKeys: [] },
      ),
      spec: fc.record(
        {
          containers: fc.array(patchOfContainer, { maxLength: 4 }),
          '$setElementOrder/containers': order(byName),
        },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: [] },
  );

  it('comes to what it comes to item by item', () => {
    const type = 'io.k8s.api.core.v1.Pod';
    fc.assert(
      fc.property(pod, patch, (current, change) => {
        const before = JSON.stringify([current, change]);
        const quick = outcomeOf(() => strategicallyPatched(current, change, type));
        expect(quick).toEqual(outcomeOf(() => plainlyPatched(current, change, type)));
        expect(JSON.stringify([current, change])).toBe(before);
      }),
      { numRuns: 700 },
    );
  });
});

describe('a JSON patch', () => {
  const leaf = few<unknown>(1, 'x', true, null, {}, []);
  const branch = fc.dictionary(few('a', 'b', 'c~/'), fc.oneof(leaf, fc.array(leaf, { maxLength: 3 })), { maxKeys: 3 });
  const document = fc.dictionary(few('a', 'b'), fc.oneof(leaf, branch, fc.array(fc.oneof(leaf, branch))), {
    maxKeys: 2,
  });
  const step = few('a', 'b', 'c~0~1', '0', '1', '2', '-');
  const path = fc.array(step, { maxLength: 3 }).map((steps) => steps.map((name) => `/${name}`).join(''));
  const value = fc.oneof(leaf, branch);
  const operation: fc.Arbitrary<PlainOperation> = fc.oneof(
    fc.record({ op: few('add', 'replace', 'test'), path, value }),
    fc.record({ op: few('remove'), path }),
    fc.record({ op: few('move', 'copy'), from: path, path }),
  );

  it('comes to what the RFC says, operation by operation', () => {
    fc.assert(
      fc.property(document, fc.array(operation, { maxLength: 4 }), (current, patch) => {
        const before = JSON.stringify([current, patch]);
        const quick = outcomeOf(() => jsonPatched(current, patch));
        const plain = outcomeOf(() => plainlyJsonPatched(current, patch));
        if ('value' in quick && 'value' in plain) expect(quick).toEqual(plain);
        else expect(Object.keys(quick)).toEqual(Object.keys(plain));
        expect(JSON.stringify([current, patch])).toBe(before);
      }),
      { numRuns: 1_500 },
    );
  });
});

it('a rejection is a PatchError', () => {
  expect(() => jsonPatched({}, [{ op: 'remove', path: '/a' }])).toThrow(PatchError);
});
