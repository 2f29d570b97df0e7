import { runInNewContext } from 'node:vm';
import { bytesField, message, textField } from '../openapi/wire';
import { decodeKubernetesProtobuf } from './decode';
import { MalformedProtobuf } from './read-wire';

const SEED = 20_260_101;
const BODIES = 4_000;
/** For all of them, or for a single one of 1 MB, in milliseconds: ten times and more what that takes. */
const HANGS_MS = 15_000;
const MEGABYTE = 1024 * 1024;

/** Random numbers of a seed (mulberry32): a failing body is found again. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

const random = randomOf(SEED);
const pick = <T>(of: readonly T[]): T => of[random(of.length)] as T;
const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => random(256));

/** Numbers that are edges somewhere: lengths, signs, the widths of varints. */
const VARINTS = [
  [0x00],
  [0x7f],
  [0x80, 0x80, 0x80, 0x80, 0x08],
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
  [0xf5, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
  [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
];

/** A message of random fields, some of them messages themselves. */
function randomMessage(depth: number): Uint8Array {
  const fields = Array.from({ length: random(6) }, (): Uint8Array => {
    const number = 1 + random(15);
    switch (random(5)) {
      case 0:
        return Uint8Array.from([number << 3, ...pick(VARINTS)]);
      case 1:
        return Uint8Array.from([(number << 3) | random(8), ...bytes(random(9))]);
      case 2:
        return Uint8Array.from([(number << 3) | 2, ...pick(VARINTS)]);
      case 3:
        return textField(number, pick(['', '__proto__', 'a', '{', '\u0000', 'ü'])) as Uint8Array;
      default:
        return bytesField(number, depth === 0 ? bytes(random(12)) : randomMessage(depth - 1)) as Uint8Array;
    }
  });
  return message(...fields);
}

const KINDS = ['Pod', 'Service', 'ConfigMap', 'Node', 'Event', 'DeleteOptions', 'constructor'];

function envelope(raw: Uint8Array, kind = pick(KINDS)): Uint8Array {
  const version = random(20) === 0 ? '__proto__/v1' : 'v1';
  const type = message(textField(1, version), textField(2, kind));
  return message(Uint8Array.from([0x6b, 0x38, 0x73, 0]), bytesField(1, type), bytesField(2, raw));
}

/** A body with some bytes changed, doubled or left out. */
function mutated(body: Uint8Array): Uint8Array {
  let result = body;
  for (let changes = random(4); changes >= 0; changes--) {
    const at = random(result.length + 1);
    const rest = result.subarray(at);
    const instead = pick([new Uint8Array(), bytes(1), Uint8Array.from(pick(VARINTS)), rest.subarray(0, random(20))]);
    result = message(result.subarray(0, at), instead, rest.subarray(random(2)));
  }
  return result;
}

type Outcome = 'decoded' | 'refused';

/** What bodies come to. A defect fails the test with the body that shows it, and so does a hang. */
function outcomesOf(bodies: readonly Uint8Array[], timeout: number): Outcome[] {
  const outcomes: Outcome[] = [];
  const decodeAll = (): void => {
    for (const body of bodies) outcomes.push(outcomeOf(body));
  };
  try {
    // Only a context's script can be stopped while it runs.
    runInNewContext('decodeAll()', { decodeAll }, { timeout });
  } catch (error) {
    const culprit = Buffer.from(bodies[outcomes.length]?.subarray(0, 1_000) ?? []).toString('hex');
    throw new Error(`body ${outcomes.length}, ${culprit}: ${String(error)}`, { cause: error });
  }
  return outcomes;
}

function outcomeOf(body: Uint8Array): Outcome {
  try {
    JSON.stringify(decodeKubernetesProtobuf(body));
    return 'decoded';
  } catch (error) {
    if (error instanceof MalformedProtobuf) return 'refused';
    throw error;
  }
}

describe('decodeKubernetesProtobuf, given anything', () => {
  it('ends soon, and only ever refuses', () => {
    const bodies = Array.from({ length: BODIES }, (_, i) => {
      const body = envelope(randomMessage(4));
      return i % 2 === 0 ? body : mutated(body);
    });
    const decoded = outcomesOf(bodies, HANGS_MS).filter((outcome) => outcome === 'decoded').length;
    // Neither is all that it does: the bodies reach what they should.
    expect(decoded).toBeGreaterThan(BODIES / 20);
    expect(decoded).toBeLessThan(BODIES - BODIES / 20);
  });

  it.each([
    ['fields that nobody knows', Uint8Array.from([0x78, 0])],
    ['empty items', Uint8Array.from([0x12, 0])],
    ['entries of a map', Uint8Array.from([0x12, 4, 0x0a, 0, 0x12, 0])],
    ['long numbers', Uint8Array.from([0x78, ...(VARINTS[5] ?? [])])],
  ])('takes no longer than its size explains: 1 MB of %s', (_, filling) => {
    const raw = Buffer.alloc(MEGABYTE - (MEGABYTE % filling.length), filling);
    expect(outcomesOf([envelope(raw, 'ConfigMap')], HANGS_MS)).toEqual(['decoded']);
  });
});
