import type { Definition } from '@shiplog/hostnet';
import { WORDS } from './family';
import { choose, keyOf, names, OVERTAKEN, range, slotDefinitions, type Origin, type Picker } from './layout';

/** Clients that a plane remembers at most; others are served without affinity. The kernel's table for as many takes 4 MiB. */
export const CLIENT_LIMIT = 262_144;
const REMEMBERING = `size ${CLIENT_LIMIT} ; flags dynamic,timeout ;`;

/** Sends a client to the slot it was sent to last, until `seconds` after its last connection. */
export function stickyPicker(origin: Origin, count: number, seconds: number): Picker {
  return origin.family === 'IPv4' ? rememberingInMap(origin, count, seconds) : rememberingInSet(origin, count, seconds);
}

/**
 * One map says which slot is a client's: the packet's priority carries the number to where it is looked at, since a map that
 * packets write to holds no verdicts.
 */
function rememberingInMap(origin: Origin, count: number, seconds: number): Picker {
  const { plane } = origin;
  const slots = range(count);
  const keep = (slot: number): string => `${plane}_keep_${slot}_for_${seconds}`;
  const begin = (slot: number): string => `${plane}_begin_${slot}_for_${seconds}`;
  const client = clientOf(origin);
  const clients = `@${names.clients(plane)}`;
  const definitions = slots.flatMap((slot): Definition[] => [
    ...slotDefinitions(origin, slot),
    {
      kind: 'chain',
      name: keep(slot),
      rules: [
        'meta priority set none',
        `update ${clients} { ${client.expression} timeout ${seconds}s : ${numberOf(slot)} }`,
        `goto ${plane}_to_${slot}`,
      ],
    },
    // What is remembered of a slot that is no more would stay as it is under an update.
    {
      kind: 'chain',
      name: begin(slot),
      rules: [`delete ${clients} { ${client.expression} : ${numberOf(slot)} }`, `goto ${keep(slot)}`],
    },
  ]);
  const map: Definition = {
    kind: 'map',
    name: names.clients(plane),
    body: `type ${client.type} : classid ; ${REMEMBERING}`,
    keepsElements: true,
  };
  const chain: Definition = {
    kind: 'chain',
    name: `${plane}_stick_${count}_for_${seconds}`,
    rules: [
      'meta priority set none',
      `meta priority set ${client.expression} map ${clients}`,
      `meta priority vmap { ${slots.map((slot) => `${numberOf(slot)} : goto ${keep(slot)}`).join(', ')} }`,
      choose(slots.map(begin)),
      OVERTAKEN,
    ],
  };
  return { verdict: `goto ${chain.name}`, definitions: [map, ...definitions, chain] };
}

/**
 * One set holds clients, each beside its slot; slot after slot is asked for. A map that packets write to has no room for
 * IPv6: nft before 1.0.9 ends with a failed assertion where its key is longer than 16 bytes. Where a slot is no more, what
 * is remembered of it stays behind for as long as it would have, and comes after the lower slot that the client has got
 * since.
 */
function rememberingInSet(origin: Origin, count: number, seconds: number): Picker {
  const { plane } = origin;
  const slots = range(count);
  const keep = (slot: number): string => `${plane}_keep_${slot}_for_${seconds}`;
  const client = clientOf(origin);
  const clients = `@${names.clients(plane)}`;
  const definitions = slots.flatMap((slot): Definition[] => [
    ...slotDefinitions(origin, slot),
    {
      kind: 'chain',
      name: keep(slot),
      rules: [
        `meta priority set ${numberOf(slot)}`,
        `update ${clients} { ${client.expression} . meta priority timeout ${seconds}s }`,
        'meta priority set none',
        `goto ${plane}_to_${slot}`,
      ],
    },
  ]);
  const set: Definition = {
    kind: 'set',
    name: names.clients(plane),
    body: `type ${client.type} . classid ; ${REMEMBERING}`,
    keepsElements: true,
  };
  const chain: Definition = {
    kind: 'chain',
    name: `${plane}_stick_${count}_for_${seconds}`,
    rules: [
      ...slots.map(
        (slot) =>
          `meta priority set ${numberOf(slot)} ${client.expression} . meta priority ${clients} goto ${keep(slot)}`,
      ),
      choose(slots.map(keep)),
      OVERTAKEN,
    ],
  };
  return { verdict: `goto ${chain.name}`, definitions: [set, ...definitions, chain] };
}

/** A client with the destination that it is remembered for. */
function clientOf({ plane, family }: Origin): { expression: string; type: string } {
  const { table, address } = WORDS[family];
  const key = keyOf(plane, family);
  return { expression: `${table} saddr . ${key.expression}`, type: `${address} . ${key.type}` };
}

/** A slot as a packet's priority. */
function numberOf(slot: number): string {
  return asPriority(slot + 1);
}

/** A number from 1 to 2^32 - 1 as nft writes a packet's priority, which is a tc handle: none is 0. */
export function asPriority(value: number): string {
  return `${(value >>> 16).toString(16)}:${(value & 0xffff).toString(16)}`;
}
