import { setTimeout as delay } from 'node:timers/promises';
import type { Call, Operation } from '../checker/operation';
import { Random } from '../random';
import type { Door, Outcome } from './door';
import type { Objects } from './objects';

/** A client rests so long after each operation, at most: the load stays far below what the cluster can take. */
const MOST_REST_MS = 15;
/** And so long when it was not answered: what is away is not away for less. */
const REST_UNANSWERED_MS = 150;

type Doing = Call['kind'] | 'list';

const MIX: readonly (readonly [number, Doing])[] = [
  [12, 'create'],
  [30, 'update'],
  [8, 'delete'],
  [40, 'read'],
  [4, 'list'],
];
const CONDITIONAL = 0.6;

/** One client: an operation at a time, until `signal` aborts. Its choices follow from the seed. */
export async function runClient(
  name: string,
  door: Door,
  objects: Objects,
  seed: number,
  signal: AbortSignal,
  onOdd: (problem: string) => void,
): Promise<void> {
  const random = new Random(seed);
  while (!signal.aborted) {
    const doing = random.weighted(MIX);
    const answered =
      doing === 'list' && door.list !== undefined
        ? await list(name, door, objects)
        : await perform(name, door, objects, random, doing === 'list' ? 'read' : doing, onOdd);
    await delay(answered ? random.between(0, MOST_REST_MS) : REST_UNANSWERED_MS);
  }
}

async function perform(
  client: string,
  door: Door,
  objects: Objects,
  random: Random,
  kind: Call['kind'],
  onOdd: (problem: string) => void,
): Promise<boolean> {
  const slot = random.between(0, objects.slots - 1);
  const key = objects.key(slot);
  const call = callOf(kind, slot, objects, random);
  const invoked = performance.now();
  const outcome = await door.perform(key, call);
  const operation = operationOf({ client, key, call, invoked }, outcome);
  if (operation !== undefined) objects.record(operation);
  if (outcome.kind === 'odd') onOdd(`${client}: ${call.kind} of ${key} ${outcome.problem}`);
  return outcome.kind === 'answered';
}

/** An operation as the history has it; undefined when it says nothing. */
export function operationOf(begun: Operation, outcome: Outcome): Operation | undefined {
  switch (outcome.kind) {
    case 'unsent':
      return undefined;
    case 'odd':
    case 'unanswered':
      return begun;
    case 'answered':
      return { ...begun, completed: performance.now(), answer: outcome.answer, position: outcome.position };
  }
}

function callOf(kind: Call['kind'], slot: number, objects: Objects, random: Random): Call {
  const versions = objects.versions(slot);
  const expected = versions.length > 0 && random.chance(CONDITIONAL) ? newest(versions, random) : undefined;
  switch (kind) {
    case 'create':
      return { kind, token: objects.newToken() };
    case 'update':
      return { kind, token: objects.newToken(), expected };
    case 'delete':
      return { kind, expected };
    case 'read':
      return { kind };
  }
}

/** Mostly the newest version, sometimes one that must be refused. */
function newest(versions: readonly number[], random: Random): number | undefined {
  return random.chance(0.8) ? versions[0] : random.pick(versions);
}

/** A list is a read of every object that is being written to, and of the log's end once. */
export async function list(client: string, door: Door, objects: Objects): Promise<boolean> {
  const { keys } = objects;
  const invoked = performance.now();
  const listing = await door.list?.();
  if (listing === undefined) return false;
  const completed = performance.now();
  for (const [index, key] of keys.entries()) {
    const found = listing.objects.get(key);
    const answer = found === undefined ? ({ kind: 'absent' } as const) : ({ kind: 'value', ...found } as const);
    const position = index === 0 ? listing.position : undefined;
    objects.record({ client, key, call: { kind: 'read' }, invoked, completed, answer, position });
  }
  return true;
}
