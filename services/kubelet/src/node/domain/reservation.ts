import { parseQuantity } from '@shiplog/apimachinery';

/** What may be kept from pods, as Kubernetes' --kube-reserved and --system-reserved call it. */
const RESOURCES = ['cpu', 'memory', 'ephemeral-storage', 'pid'] as const;
export type ReservedResource = (typeof RESOURCES)[number];

/** In thousandths. */
export type Reservation = ReadonlyMap<ReservedResource, bigint>;

/** `cpu=100m,memory=200Mi`; '' and `none` reserve nothing. Returns what is wrong with it as an Error. */
export function parseReservation(text: string): Reservation | Error {
  const reserved = new Map<ReservedResource, bigint>();
  if (text === '' || text === 'none') return reserved;
  for (const item of text.split(',')) {
    const [name = '', quantity = ''] = item.split('=', 2).map((part) => part.trim());
    const resource = RESOURCES.find((known) => known === name);
    const milli = parseQuantity(quantity);
    if (resource === undefined) return new Error(`has "${item}", which names none of ${RESOURCES.join(', ')}`);
    if (milli === undefined || milli < 0n) return new Error(`has "${item}", whose amount can't be read`);
    if (reserved.has(resource)) return new Error(`has ${resource} twice`);
    reserved.set(resource, milli);
  }
  return reserved;
}

/** What a machine has that is nowhere but in the settings: of what `text` does not name as much as `usual` says. */
export function parseCapacity(text: string, usual: string): Reservation | Error {
  const [given, rest] = [parseReservation(text), parseReservation(usual)];
  if (given instanceof Error) return given;
  return rest instanceof Error ? rest : new Map([...rest, ...given]);
}
