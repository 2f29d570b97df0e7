import { EVENT_FORMAT, type LogEvent } from '@shiplog/contracts';
import { UPCASTERS } from './upcasters';

/** An event as the log has it: in some format, of which this is common to all. */
export interface LoggedEvent extends Pick<LogEvent, 'position' | 'version' | 'resource'> {
  /** What stands in the column of that name: the fact, and in the first format a type that holds the kind too. */
  readonly type: string;
  readonly data: unknown;
}

/** From one format to the next. */
export type Upcaster = <E extends LoggedEvent>(event: E) => E;
/** By the format that an event has. */
export type Upcasters = Readonly<Record<number, Upcaster>>;

/** An event in the format of today, from any that was ever written. Throws UnreadableEvent for one of no known format. */
export function upcast<E extends LoggedEvent>(event: E, upcasters: Upcasters = UPCASTERS): E {
  if (event.version === EVENT_FORMAT) return event;
  let current = event;
  while (current.version < EVENT_FORMAT) {
    const upcaster = upcasters[current.version];
    if (upcaster === undefined) throw new UnreadableEvent(current, 'no upcaster leads on from this format');
    current = { ...upcaster(current), version: current.version + 1 };
  }
  if (current.version > EVENT_FORMAT) throw new UnreadableEvent(current, 'a newer Shiplog wrote it');
  return current;
}

/** The log holds an event that this version of the journal can't read. */
export class UnreadableEvent extends Error {
  constructor({ position, type, version }: LoggedEvent, reason: string) {
    super(`event ${position} (${type}, format ${version}): ${reason}`);
    this.name = 'UnreadableEvent';
  }
}
