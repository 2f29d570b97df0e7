import { authorise, decide, type ClusterState, type Decided, type NewEvent, type Stamp } from '@shiplog/cluster';
import { principalName, type KubeStatus, type LogEvent } from '@shiplog/contracts';
import { statusOf } from '@shiplog/machinery';
import { SEPARATOR } from '../database/append';
import type { Submission } from './batch';
import { dataTexts } from './loggable';

type Sent = Pick<Submission, 'command' | 'principal'>;

/** An accepted command, with the JSON text of each of its events' data. */
export type ForLog =
  | (Extract<Decided, { ok: true }> & { readonly texts: readonly string[] })
  | { readonly ok: false; readonly status: KubeStatus };

/** Decides a command, if its sender may ask for it. A defect in deciding is the answer to the one command that shows it, not the end of the journal. */
export function decideForLog(
  state: ClusterState,
  { command, principal }: Sent,
  stamp: Stamp,
  maxDataBytes: number,
  onDefect: (error: unknown) => void,
): ForLog {
  if (principal.name.includes(SEPARATOR)) {
    return { ok: false, status: statusOf.badRequest("the sender's name holds a control character") };
  }
  try {
    const forbidden = authorise(state, principal, command);
    if (forbidden !== undefined) return { ok: false, status: forbidden };
    const decided = decide(state, command, stamp);
    if (!decided.ok) return decided;
    const logged = dataTexts(decided.events, maxDataBytes);
    return logged.ok ? { ...decided, texts: logged.texts } : logged;
  } catch (error) {
    onDefect(error);
    return { ok: false, status: statusOf.internal(error instanceof Error ? error.message : String(error)) };
  }
}

/** A decided event with its place in the log and its reasons. */
export function placed(
  draft: NewEvent,
  { command, principal }: Sent,
  time: string,
  position: number,
  commandSeq: number,
): LogEvent {
  return {
    position,
    time,
    type: draft.type,
    version: draft.version,
    resource: draft.resource,
    namespace: draft.namespace,
    name: draft.name,
    uid: draft.uid,
    node: draft.node,
    actor: command.actor,
    via: principalName(principal),
    commandId: command.id,
    commandSeq,
    cause: draft.cause ?? command.cause,
    basis: command.basis,
    data: draft.data,
  };
}
