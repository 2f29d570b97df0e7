import {
  addressOf,
  inboxOf,
  principalOf,
  principalOfSubject,
  problemIn,
  ROLES,
  ROOT,
  type Message,
  type Principal,
} from '@shiplog/contracts';
import type { Msg, MsgHdrs } from 'nats';
import { fromBytes, toBytes } from './json';

/** A message as a handler gets it. */
export class BusMessage {
  /** Who sent it, where its subject says so: the NATS server vouches for it. */
  readonly principal: Principal | undefined;

  constructor(private readonly message: Msg) {
    this.principal = principalOfSubject(message.subject);
  }

  get subject(): string {
    return this.message.subject;
  }

  get data(): Uint8Array {
    return this.message.data;
  }

  get headers(): MsgHdrs | undefined {
    return this.message.headers;
  }

  /** Where the answer goes; undefined when none is waited for, or when it would not go to the sender. */
  get reply(): string | undefined {
    const { reply } = this.message;
    return reply !== undefined && reply !== '' && isOwnReply(reply, this.principal) ? reply : undefined;
  }

  /** Throws a SyntaxError when the payload isn't JSON. */
  json<T>(): T {
    return fromBytes<T>(this.data);
  }

  /** Nothing happens when the sender doesn't wait for a reply, or wants it to go to somebody else. */
  respond(payload: unknown): void {
    if (this.reply !== undefined) this.message.respond(toBytes(payload));
  }
}

const STREAMS = `${ROOT}.stream.to.`;

/**
 * Answers go to inboxes and streams only, and to those of who asked: with another subject as its reply, a question
 * would have the one who answers publish there, with the rights of the one who answers.
 */
function isOwnReply(reply: string, principal: Principal | undefined): boolean {
  if (principal === undefined) return reply.startsWith('_INBOX.') || reply.startsWith(STREAMS);
  return ROLES.some((role) => {
    const identity = { role, name: principal.name };
    if (principalOf(identity).kind !== principal.kind) return false;
    return reply.startsWith(`${inboxOf(identity)}.`) || reply.startsWith(`${STREAMS}${addressOf(identity)}.`);
  });
}

type Read = { readonly ok: true; readonly payload: unknown } | { readonly ok: false; readonly problem: string };

/** The payload of a message, or in a sentence why it isn't what its declaration declares. */
export function readPayload(declaration: Message, message: Pick<BusMessage, 'json'>): Read {
  const title = `invalid ${declaration.kind === 'node' || declaration.kind === 'process' ? 'request' : declaration.kind} ${declaration.name}`;
  let payload: unknown;
  try {
    payload = message.json();
  } catch (error) {
    return { ok: false, problem: `${title}: must be JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
  const problem = problemIn(declaration.payload, payload);
  return problem === undefined ? { ok: true, payload } : { ok: false, problem: `${title}: ${problem}` };
}
