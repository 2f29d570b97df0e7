import { isJsonObject, setField } from '@shiplog/apimachinery';
import { GENERIC_FACTS, NAMED_FACTS, type Change, type Changes, type Fact } from '@shiplog/contracts';
import type { LoggedEvent } from './upcast';

/** Types of the first format that were more than a kind and one of the facts of every kind. */
const NAMED: ReadonlyMap<string, Fact> = new Map(
  [
    { prefix: 'Pod', facts: Object.keys(NAMED_FACTS.pods) as Fact[] },
    { prefix: 'Node', facts: Object.keys(NAMED_FACTS.nodes) as Fact[] },
  ].flatMap(({ prefix, facts }) => facts.map((fact) => [`${prefix}${fact}`, fact] as const)),
);
/** These were types as they stand. */
const WHOLE: readonly string[] = ['ContainerStarted', 'ContainerExited', 'ContainerWaiting', 'ReplicasChanged'];
const GENERIC = Object.keys(GENERIC_FACTS) as Fact[];

/** `PodScheduled` is the fact Scheduled, `ConfigMapCreated` is Created. A type that was never written stays what it is. */
export function factOfType(type: string): Fact {
  const known = NAMED.get(type);
  if (known !== undefined) return known;
  if (WHOLE.includes(type)) return type as Fact;
  // MetadataChanged, SpecChanged and StatusChanged end alike, and no kind ends as one of them begins.
  return GENERIC.find((fact) => type.endsWith(fact)) ?? (type as Fact);
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
