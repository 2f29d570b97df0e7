import {
  authorise,
  decide,
  type ClusterState,
  type Decided,
  type NewEvent,
  type CommandMetadata,
} from '@shiplog/cluster';
import { principalName, type AnyCommand, type KubeStatus, type LogEvent } from '@shiplog/contracts';
import { statusOf } from '@shiplog/apimachinery';
import { SEPARATOR } from '../../database/append';
import type { Submission } from '../batch';
import { dataTexts } from './loggable';

type Sent = Pick<Submission, 'command' | 'principal'>;

/** How a command is decided, when its sender may have it decided. */
export type Decide = (state: ClusterState, command: AnyCommand, metadata: CommandMetadata) => Decided;

/** An accepted command, with the JSON text of each of its events' data. */
export type LoggableDecision =
  | (Extract<Decided, { ok: true }> & { readonly texts: readonly string[] })
  | (Extract<Decided, { ok: false }> & { readonly isDefect?: boolean });

/** Decides a command, if its sender may ask for it. A defect in deciding is the answer to the one command that shows it, not the end of the journal. */
export function decideForLog(
  state: ClusterState,
  sent: Sent,
  metadata: CommandMetadata,
  maxDataBytes: number,
  onDefect: (error: unknown) => void,
  how: Decide = decide,
): LoggableDecision {
  try {
    const { command, principal } = sent;
    const status = refusalOfEnvelope(sent, metadata.position) ?? authorise(state, principal, command);
    if (status !== undefined) return { ok: false, status };
    const decided = how(state, command, metadata);
    if (!decided.ok) return decided;
    const logged = dataTexts(decided.events, maxDataBytes);
    return logged.ok ? { ...decided, texts: logged.texts } : logged;
  } catch (error) {
    onDefect(error);
    const status = statusOf.internal(error instanceof Error ? error.message : String(error));
    return { ok: false, status, isDefect: true };
  }
}

/** 400 for what the log can't hold, and for reasons that are not in it: nobody can have read what has not happened. */
function refusalOfEnvelope({ command, principal }: Sent, position: number): KubeStatus | undefined {
  if (principal.name.includes(SEPARATOR)) {
    return statusOf.badRequest("the sender's name holds a control character");
  }
  const beyond = reasonBeyond(command, position);
  if (beyond === undefined) return undefined;
  return statusOf.badRequest(`${beyond}, which is beyond the end of the log at ${position}`);
}

function reasonBeyond(command: AnyCommand, end: number): string | undefined {
  const { cause = 0, basis = 0 } = command;
  if (cause > end) return `cause is ${cause}`;
  if (basis > end) return `basis is ${basis}`;
  const item = itemsWithReasons(command).find(({ cause: itemCause = 0 }) => itemCause > end);
  return item === undefined ? undefined : `the cause of ${item.name} is ${item.cause}`;
}

const NONE: readonly never[] = [];

function itemsWithReasons(command: AnyCommand): readonly { readonly name: string; readonly cause?: number }[] {
  switch (command.type) {
    case 'BindPods':
      return command.data.bindings;
    case 'PreemptPods':
      return command.data.preemptions;
    case 'MarkPodsUnschedulable':
      return command.data.pods;
    case 'ReportPods':
      return command.data.pods.map(({ name, cause = 0, containers = {} }) => ({
        name,
        cause: Math.max(cause, ...Object.values(containers)),
      }));
    default:
      return NONE;
  }
}

/** A decided event with its place in the log and its reasons. */
export function toLogEvent(
  draft: NewEvent,
  { command, principal }: Sent,
  time: string,
  position: number,
  commandSeq: number,
): LogEvent {
  return {
    position,
    time,
    version: draft.version,
    resource: draft.resource,
    fact: draft.fact,
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
