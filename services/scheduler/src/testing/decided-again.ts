import type { Bus } from '@shiplog/bus';
import { ClusterState } from '@shiplog/cluster';
import { channelsOf, EventsQuery, type LogEvent, type SchedulingDecision } from '@shiplog/contracts';
import { ClusterView, decideAgain, podFacts, type AssumedBinding } from '@shiplog/scheduling';

/** All events that a scheduler hears of. */
export async function schedulersLog(bus: Bus): Promise<LogEvent[]> {
  const channels = channelsOf('scheduler', 'one');
  const { events } = await bus.ask(EventsQuery, { channels, after: 0, limit: 100_000 });
  return events;
}

/** Makes the decision of an event again from the log: state at its basis, then the command's events before it. */
export function decidedAgain(events: readonly LogEvent[], event: LogEvent): SchedulingDecision {
  const state = new ClusterState();
  for (const earlier of events) if (earlier.position <= (event.basis ?? 0)) state.apply(earlier);
  const podAt = (uid: string) => podFacts(state.list('pods').find(({ metadata }) => metadata.uid === uid)!);
  const assumed = events
    .filter(({ commandId, commandSeq }) => commandId === event.commandId && commandSeq < event.commandSeq)
    .flatMap(({ uid, data: { decision } }): AssumedBinding[] =>
      decision?.winner === undefined ? [] : [{ pod: podAt(uid), node: decision.winner }],
    );
  return decideAgain(ClusterView.of(state).snapshot(), assumed, podAt(event.uid), event.data.decision!);
}
