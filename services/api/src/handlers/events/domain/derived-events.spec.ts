import type { AppliedEvent } from '@shiplog/cluster';
import { EVENT_FORMAT, type EventType, type Fact, type LogEvent, type ObjectOf } from '@shiplog/contracts';
import { DerivedEvents, readFrom } from './derived-events';

const SPAN = 8_192;
const START = Date.parse('2026-01-01T00:00:00Z');

/** An event of the log, a minute after the one before it. */
function at(position: number, type: EventType, name: string, more: Partial<LogEvent> = {}): AppliedEvent {
  const [resource, fact] = type.split('.') as ['pods', Fact];
  const event: LogEvent = {
    ...{ position, resource, fact, name, uid: name, version: EVENT_FORMAT },
    time: new Date(START + position * 60_000).toISOString(),
    namespace: resource === 'pods' || type.startsWith('events') ? 'default' : '',
    ...{ node: 'n1', actor: 'admin', commandId: 'c', commandSeq: 0, data: {} },
    ...more,
  };
  return { event };
}

const scheduled = (position: number, name = 'web', more: Partial<LogEvent> = {}) =>
  at(position, 'pods.Scheduled', name, more);
type Event = ObjectOf<'events'>;
const told = (derived: DerivedEvents): Event[] => derived.list('') as unknown as Event[];
const counts = (derived: DerivedEvents) =>
  told(derived).map(({ involvedObject, count }) => `${involvedObject.name} ${count}`);

describe('DerivedEvents', () => {
  let derived: DerivedEvents;
  beforeEach(() => (derived = new DerivedEvents()));

  it('say a line once, and count it where it is said again', () => {
    derived.apply(scheduled(1));
    const { changes } = derived.apply(scheduled(2));
    expect(changes).toMatchObject([
      { position: 2, before: { count: 1 }, after: { count: 2, metadata: { resourceVersion: '2' } } },
    ]);
    expect(counts(derived)).toEqual(['web 2']);
  });

  it('take the same line within a moment for one', () => {
    derived.apply(scheduled(1));
    expect(derived.apply(scheduled(2, 'web', { time: new Date(START + 61_000).toISOString() })).changes).toEqual([]);
  });

  it('forget a line an hour after it was said last, when the log goes on', () => {
    derived.apply(scheduled(1));
    derived.apply(scheduled(50, 'other'));
    const { changes } = derived.apply(at(62, 'nodes.Cordoned', 'n1'));
    expect(changes).toMatchObject([{ position: 62, before: { involvedObject: { name: 'web' } } }, { after: {} }]);
    expect(counts(derived)).toEqual(['other 1', 'n1 1']);
  });

  it('keep Events of nodes in the default namespace, and forget those of a namespace with it', () => {
    derived.apply(at(1, 'nodes.Cordoned', 'n1'));
    derived.apply(scheduled(2, 'web', { namespace: 'gone' }));
    expect(derived.apply(at(3, 'namespaces.Deleted', 'gone')).changes).toHaveLength(1);
    expect(told(derived)).toMatchObject([{ metadata: { namespace: 'default' }, involvedObject: { kind: 'Node' } }]);
  });

  it.each<EventType>(['events.Created', 'events.Deleted'])('leave one to a client who makes it its own: %s', (type) => {
    derived.apply(scheduled(1));
    const [event] = told(derived);
    const { name } = event?.metadata ?? { name: '' };
    expect(derived.apply(at(2, type, name))).toEqual({ changes: [], replaced: event });
    expect(derived.get('default', name)).toBeUndefined();
    derived.apply(scheduled(3));
    // What is said again is another Event: the name may be in use.
    expect(told(derived)).toMatchObject([{ count: 1, metadata: { name: expect.not.stringMatching(name) as string } }]);
    expect(told(derived)[0]?.metadata.uid).not.toBe(event?.metadata.uid);
  });

  it.each([1_000, 60])(
    'are the same wherever one began to read, from where one has to on: %i events a minute',
    (rate) => {
      const log: AppliedEvent[] = [];
      const everyMinute = (position: number) => ({ time: new Date(START + (position / rate) * 60_000).toISOString() });
      let seed = 7;
      const random = (below: number): number => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % below;
      const all = new DerivedEvents();
      const snapshots = new Map<number, unknown>();
      const positions = [100, SPAN - 1, SPAN, SPAN + 5, 2 * SPAN + 17, 3 * SPAN - 1, 3 * SPAN];
      for (let position = 1; position <= 3 * SPAN; position++) {
        const one = told(all)[random(50)]?.metadata.name;
        const event =
          random(200) === 0 && one !== undefined
            ? at(position, random(2) === 0 ? 'events.Created' : 'events.Deleted', one, everyMinute(position))
            : scheduled(position, `p${random(40)}`, everyMinute(position));
        log.push(event);
        all.apply(event);
        if (positions.includes(position)) snapshots.set(position, sorted(all));
      }
      for (const position of positions) {
        const late = new DerivedEvents();
        for (const event of log.slice(readFrom(position), position)) late.apply(event);
        expect(sorted(late)).toEqual(snapshots.get(position));
      }
    },
  );

  function sorted(events: DerivedEvents): Event[] {
    return told(events).sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  }
});
