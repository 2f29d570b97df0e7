import { eventVersion, type LogEvent } from '@shiplog/contracts';
import { UPCASTERS } from './upcasters';

/** An event as its type is written now, from any version that was ever written. */
export function upcast(event: LogEvent, upcasters: Upcasters = UPCASTERS): LogEvent {
  if (event.version === eventVersion(event.type)) return event;
  return climb(event, upcasters);
}

/** From one version of an event type to the next. */
export type Upcaster = (event: LogEvent) => LogEvent;
/** By `Type/version`: what makes an event of that version one of the next. */
export type Upcasters = Readonly<Record<string, Upcaster>>;

function climb(event: LogEvent, upcasters: Upcasters): LogEvent {
  let current = event;
  while (current.version < eventVersion(event.type)) {
    const upcaster = upcasters[`${current.type}/${current.version}`];
    if (upcaster === undefined) throw new UnreadableEvent(current, 'no upcaster leads on from this version');
    current = { ...upcaster(current), version: current.version + 1 };
  }
  if (current.version > eventVersion(event.type)) throw new UnreadableEvent(current, 'a newer Shiplog wrote it');
  return current;
}

/** The log holds an event that this version of the journal can't read. */
export class UnreadableEvent extends Error {
  constructor(event: LogEvent, reason: string) {
    super(`event ${event.position} (${event.type}, version ${event.version}): ${reason}`);
    this.name = 'UnreadableEvent';
  }
}
