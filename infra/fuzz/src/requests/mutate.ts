import type { Random } from '../../../linearizability/src/random';
import { oddName, oddValue } from './odd-values';

type Json = unknown;

/** A copy with some of its parts changed, added or left out, anywhere. */
export function mutated(value: Json, random: Random, changes = random.between(1, 3)): Json {
  let result = structuredClone(value);
  for (let i = 0; i < changes; i++) result = changedSomewhere(result, random);
  return result;
}

function changedSomewhere(value: Json, random: Random): Json {
  if (typeof value !== 'object' || value === null || random.chance(0.15)) return oddValue(random);
  if (Array.isArray(value)) return changedList(value as Json[], random);
  const object = value as Record<string, Json>;
  const fields = Object.keys(object);
  const field = fields.length === 0 || random.chance(0.2) ? oddName(random) : random.pick(fields);
  const doing = random.weighted([
    [6, 'change'],
    [1, 'drop'],
    [1, 'rename'],
  ] as const);
  // Entries, so that `__proto__` is a field as any other.
  const others = Object.entries(object).filter(([name]) => name !== field);
  if (doing === 'drop') return Object.fromEntries(others);
  const present = Object.hasOwn(object, field) ? object[field] : undefined;
  const changed = present === undefined ? oddValue(random) : changedSomewhere(present, random);
  return Object.fromEntries([...others, [doing === 'rename' ? oddName(random) : field, changed]]);
}

function changedList(list: readonly Json[], random: Random): Json {
  const at = random.between(0, list.length);
  const item = list[at];
  if (item === undefined) return [...list, list.length > 0 && random.chance(0.5) ? list[0] : oddValue(random)];
  return list.with(at, changedSomewhere(item, random));
}

/** Bytes with some of them changed, doubled, left out, or cut off. */
export function damaged(bytes: Buffer, random: Random): Buffer {
  const at = random.between(0, Math.max(0, bytes.length - 1));
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (random.pick(['change', 'insert', 'cut', 'double', 'drop'] as const)) {
    case 'change': {
      const copy = Buffer.from(bytes);
      if (copy.length > 0) copy[at] = random.pick([0, 1, 0x7f, 0x80, 0xff, random.between(0, 255)]);
      return copy;
    }
    case 'insert':
      // Among them a length of −11 as protobuf writes it.
      return Buffer.concat([
        before,
        random.pick([
          Buffer.from([0xf5, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
          Buffer.from([0xff, 0x00]),
        ]),
        after,
      ]);
    case 'cut':
      return before;
    case 'double':
      return Buffer.concat([bytes, after]);
    case 'drop':
      return Buffer.concat([before, after.subarray(random.between(1, 8))]);
  }
}
