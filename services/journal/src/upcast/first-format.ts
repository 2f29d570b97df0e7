import { isJsonObject, setField } from '@shiplog/apimachinery';
import type { Change, Changes, Fact } from '@shiplog/contracts';
import type { LoggedEvent } from './upcast';

/** What each type of the first format that had a name of its own is called in the second. Written once, and for good. */
const NAMED: Readonly<Record<string, Fact>> = {
  PodScheduled: 'Scheduled',
  PodUnschedulable: 'Unschedulable',
  PodAdopted: 'Adopted',
  PodReleased: 'Released',
  PodReady: 'Ready',
  PodUnready: 'Unready',
  PodSucceeded: 'Succeeded',
  PodFailed: 'Failed',
  ContainerStarted: 'ContainerStarted',
  ContainerExited: 'ContainerExited',
  ContainerWaiting: 'ContainerWaiting',
  ReplicasChanged: 'ReplicasChanged',
  NodeBecameReady: 'BecameReady',
  NodeBecameNotReady: 'BecameNotReady',
  NodeLost: 'Lost',
  NodeCordoned: 'Cordoned',
  NodeUncordoned: 'Uncordoned',
  NodeTaintsChanged: 'TaintsChanged',
};
/** All others were a kind and one of these. */
const GENERIC = [
  'Created',
  'MetadataChanged',
  'SpecChanged',
  'StatusChanged',
  'DeletionRequested',
  'Deleted',
] as const satisfies readonly Fact[];

/** `PodScheduled` is the fact Scheduled, `ConfigMapCreated` is Created. A type that was never written stays what it is. */
export function factOfType(type: string): Fact {
  return NAMED[type] ?? GENERIC.find((fact) => type.endsWith(fact)) ?? (type as Fact);
}

/** An event of the first format in the second. */
export function fromFirstFormat<E extends LoggedEvent>(event: E): E {
  const { changes } = event.data as { changes?: unknown };
  const data = isJsonObject(changes)
    ? { ...(event.data as object), changes: changesOfMergePatch(changes) }
    : event.data;
  return { ...event, type: factOfType(event.type), data };
}

/** RFC 7386: null removes a field, objects merge, everything else replaces; in the order of the patch. */
export function changesOfMergePatch(patch: Readonly<Record<string, unknown>>): Changes {
  const changes: Changes = {};
  for (const name of Object.keys(patch)) setField(changes, name, changeOf(patch[name]));
  return changes;
}

function changeOf(value: unknown): Change {
  if (value === null) return { unset: true };
  return isJsonObject(value) ? { in: changesOfMergePatch(value) } : { set: value };
}
