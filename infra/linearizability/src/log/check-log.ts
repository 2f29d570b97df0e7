import { isAnswered, tokenOf, type Operation } from '../checker/operation';
import type { Heard } from '../clients/watcher';

/** An event of one of the run's objects, in the log. */
export interface LoggedEvent {
  readonly position: number;
  readonly key: string;
  readonly commandId: string;
  /** Of the value that it brings; undefined for a deletion. */
  readonly token: string | undefined;
}

/**
 * Compares what clients were told with what the log has: each acknowledged write once and at the position it was told,
 * no refused one, each unanswered one once at most. `events` are in the order of the log.
 */
export function checkWrites(history: readonly Operation[], events: readonly LoggedEvent[]): string[] {
  const byToken = new Map<string, LoggedEvent[]>();
  for (const event of events) {
    if (event.token !== undefined) byToken.set(event.token, [...(byToken.get(event.token) ?? []), event]);
  }
  return history.flatMap((operation): string[] => {
    const token = tokenOf(operation.call);
    return token === undefined ? [] : problemsOf(operation, token, byToken.get(token) ?? []);
  });
}

function problemsOf(operation: Operation, token: string, logged: readonly LoggedEvent[]): string[] {
  const write = `${operation.client}'s ${operation.call.kind} "${token}" of ${operation.key}`;
  const positions = logged.map(({ position }) => position).join(', ');
  if (logged.length > 1) return [`${write} is in the log ${logged.length} times, at ${positions}`];
  if (!isAnswered(operation)) return [];
  const { answer } = operation;
  if (answer.kind !== 'written') {
    return logged.length === 0 ? [] : [`${write} was answered "${answer.kind}", and is in the log at ${positions}`];
  }
  if (logged.length === 0) return [`${write} was acknowledged at ${answer.version}, and is not in the log`];
  return answer.version === undefined || logged[0]?.position === answer.version
    ? []
    : [`${write} was acknowledged at ${answer.version}, and is in the log at ${positions}`];
}

/** Commands that were sent by their id: each that was accepted ends at the position that was told. */
export function checkCommands(accepted: ReadonlyMap<string, number>, events: readonly LoggedEvent[]): string[] {
  const last = new Map(events.map(({ commandId, position }) => [commandId, position]));
  return [...accepted].flatMap(([id, position]) =>
    last.get(id) === position
      ? []
      : [`command ${id} was accepted at ${position}, and the log has it at ${last.get(id) ?? 'no position'}`],
  );
}

/** Whether a watcher heard every version of every object in order, from each of its lists to what it heard last. */
export function checkWatch(name: string, heard: readonly Heard[], events: readonly LoggedEvent[]): string[] {
  return heard.flatMap(({ from, events: seen }): string[] => {
    const last = seen.at(-1)?.version ?? from;
    const due = events.filter(({ position }) => position > from && position <= last);
    const wrong = Array.from({ length: Math.max(due.length, seen.length) }, (_, index) => index).find((index) => {
      return due[index]?.position !== seen[index]?.version || due[index]?.key !== seen[index]?.key;
    });
    if (wrong === undefined) return [];
    const [expected, got] = [due[wrong], seen[wrong]];
    const heardThen = got === undefined ? 'nothing' : `${got.type} of ${got.key} at ${got.version}`;
    const wanted = expected === undefined ? 'nothing' : `${expected.key} at ${expected.position}`;
    return [`the watch of ${name} from ${from} heard ${heardThen} where the log has ${wanted}`];
  });
}
