import {
  addressOf,
  inboxOf,
  principalName,
  principalOf,
  principalOfSubject,
  problemIn,
  ROLES,
  ROOT,
  type Message,
  type Principal,
} from '@shiplog/contracts';
import type { Msg, MsgHdrs } from 'nats';
import type { Voice } from './epochs';
import { fromBytes } from './json';

/** A message as a handler gets it. */
export class BusMessage {
  /** Who sent it, where its subject says so: the NATS server vouches for it. */
  readonly principal: Principal | undefined;

  /** @param voice with which the one who answers speaks, where it is the journal */
  constructor(
    private readonly message: Msg,
    private readonly voice?: Voice,
  ) {
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

  /**
   * Nothing happens when the sender doesn't wait for a reply, or wants it to go to somebody else; nor when the journal
   * that was asked may not be the active one any more: the sender asks again.
   */
  respond(payload: unknown): void {
    this.respondJson(JSON.stringify(payload));
  }

  /** The same for what is JSON already. */
  respondJson(json: string): void {
    const { reply, voice } = this;
    if (reply === undefined || voice?.holds() === false) return;
    this.message.respond(Buffer.from(json), voice && { headers: voice.headers });
  }
}

const STREAMS = `${ROOT}.stream.to.`;

/**
 * Answers go to inboxes and streams only, and to those of who asked: with another subject as its reply, a question
 * would have the one who answers publish there, with the rights of the one who answers.
 */
function isOwnReply(reply: string, principal: Principal | undefined): boolean {
  if (principal === undefined) return reply.startsWith('_INBOX.') || reply.startsWith(STREAMS);
  return ownPrefixes(principal).some((prefix) => reply.startsWith(prefix));
}

/** Made once for each sender: every answer is compared with them. */
const prefixes = new Map<string, readonly string[]>();
/** Senders remembered; more than a cluster has processes. */
const REMEMBERED = 10_000;

function ownPrefixes(principal: Principal): readonly string[] {
  const key = principalName(principal);
  let known = prefixes.get(key);
  if (known === undefined) {
    if (prefixes.size >= REMEMBERED) prefixes.clear();
    known = ROLES.map((role) => ({ role, name: principal.name }))
      .filter((identity) => principalOf(identity).kind === principal.kind)
      .flatMap((identity) => [`${inboxOf(identity)}.`, `${STREAMS}${addressOf(identity)}.`]);
    prefixes.set(key, known);
  }
  return known;
}

type Read = { readonly ok: true; readonly payload: unknown } | { readonly ok: false; readonly problem: string };

/** The payload of a message, or in a sentence why it isn't what its declaration declares. */
export function readPayload(declaration: Message, message: Pick<BusMessage, 'json'>): Read {
  let payload: unknown;
  try {
    payload = message.json();
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return { ok: false, problem: `${titleOf(declaration)}: must be JSON: ${said}` };
  }
  const problem = problemIn(declaration.payload, payload);
  return problem === undefined ? { ok: true, payload } : { ok: false, problem: `${titleOf(declaration)}: ${problem}` };
}

function titleOf({ kind, name }: Message): string {
  return `invalid ${kind === 'node' || kind === 'process' ? 'request' : kind} ${name}`;
}
