import type { EventData, Fact, LogEvent, ResourceId } from '@shiplog/contracts';
import { upcast } from '../upcast/upcast';
import type { EventRow } from './entities';

/** An event as the log has it, in the format of today. */
export function eventOfRow(row: EventRow): LogEvent {
  const { version, type, data } = upcast(row);
  return {
    position: row.position,
    time: row.time.toISOString(),
    version,
    resource: row.resource,
    fact: type as Fact,
    namespace: row.namespace,
    name: row.name,
    uid: row.uid,
    node: row.node,
    actor: row.actor,
    via: row.via ?? undefined,
    commandId: row.commandId,
    commandSeq: row.commandSeq,
    cause: row.cause ?? undefined,
    basis: row.basis ?? undefined,
    data: data as EventData,
  };
}

/** A line of COPY, in the order of EVENT_COLUMNS. */
type Fields = [
  ...[position: string, time: string, type: string, version: string, resource: string],
  ...[namespace: string, name: string, uid: string, node: string, actor: string],
  ...[commandId: string, commandSeq: string, cause: string, basis: string, data: string, via?: string],
];

/**
 * An event from the fields of a line of COPY, in the order of EVENT_COLUMNS, as archives and recorded logs keep it; lines from
 * before `via` lack it.
 */
export function eventOfFields(fields: readonly string[]): LogEvent {
  const [
    position,
    time,
    loggedType,
    loggedVersion,
    resource,
    namespace,
    name,
    uid,
    node,
    actor,
    commandId,
    seq,
    cause,
    basis,
    text,
    via,
  ] = fields as Fields;
  const { version, type, data } = upcast({
    position: Number(position),
    version: Number(loggedVersion),
    resource: resource as ResourceId,
    type: loggedType,
    data: JSON.parse(unescaped(text)) as unknown,
  });
  return {
    position: Number(position),
    time: isoTime(time),
    version,
    resource: resource as ResourceId,
    fact: type as Fact,
    namespace: unescaped(namespace),
    name: unescaped(name),
    uid: unescaped(uid),
    node: unescaped(node),
    actor: unescaped(actor),
    via: via === undefined || via === NULL ? undefined : unescaped(via),
    commandId: unescaped(commandId),
    commandSeq: Number(seq),
    cause: cause === NULL ? undefined : Number(cause),
    basis: basis === NULL ? undefined : Number(basis),
    data: data as EventData,
  };
}

const NULL = '\\N';
const BACKSLASH = '\\';
const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', b: '\b', f: '\f', v: '\v' };

/** COPY's text format escapes backslashes and white space; most values hold neither. */
function unescaped(field: string): string {
  if (!field.includes(BACKSLASH)) return field;
  return field.replace(/\\(.)/gs, (_, sign: string) => ESCAPES[sign] ?? sign);
}

/** Postgres' `2026-01-02 03:04:05.6+00` as RFC 3339 with milliseconds. */
function isoTime(text: string): string {
  const fraction = text.length > 22 ? text.slice(20, -3) : '';
  return `${text.slice(0, 10)}T${text.slice(11, 19)}.${fraction.slice(0, 3).padEnd(3, '0')}Z`;
}
