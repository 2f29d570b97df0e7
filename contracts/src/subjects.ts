import type { Fact } from './events';
import type { Principal } from './messages/principal';
import type { Channel } from './queries';
import type { ResourceId } from './resources';

/** Every subject begins with this: the name and the version of the protocol. */
export const ROOT = 'shiplog.v1';
/** Stands for "no namespace" and "no node": a subject token can't be empty. No Kubernetes name is `_`. */
const NONE = '_';

/** What NATS gives a meaning to, or may not stand in a line of its protocol. */
const SPECIAL = /[%.*>\s\u0000-\u001f\u007f]/g;

/** A name as one subject token: other names are other tokens. What NATS gives a meaning to is percent-encoded, as UTF-8. */
export function subjectToken(name: string): string {
  if (name === '') return NONE;
  return name === NONE ? percentEncoded(NONE) : name.replace(SPECIAL, percentEncoded);
}

/** Also of what encodeURIComponent leaves as it is. */
function percentEncoded(character: string): string {
  const encoded = encodeURIComponent(character);
  return encoded === character ? `%${character.charCodeAt(0).toString(16).toUpperCase()}` : encoded;
}

/** The inverse of `subjectToken`. Throws a URIError for what it never makes. */
export function nameOfToken(token: string): string {
  if (token === NONE) return '';
  return token.includes('%') ? decodeURIComponent(token) : token;
}

/** What an event's subject says. */
export interface EventAddress {
  resource: ResourceId;
  node: string;
  namespace: string;
  name: string;
  fact: Fact;
}

/** In place of a sender: whoever it is. */
export const ANYONE = 'anyone';
export type Sender = Principal | typeof ANYONE;

/** In place of a part of an address: whatever it is. No text, because a name can be any text. */
export const ANYTHING: unique symbol = Symbol('anything');

/** Two tokens: the kind and the name of a principal. */
function sender(from: Sender): string {
  return from === ANYONE ? '*.*' : `${from.kind}.${subjectToken(from.name)}`;
}

/**
 * Every NATS subject that Shiplog uses, by purpose. Where it matters who sends, the sender is in the subject: a process
 * has the right to publish under its own name only, so the server vouches for it.
 */
export const subjects = {
  /** `shiplog.v1.event.<resource>.<node>.<namespace>.<name>.<fact>`. */
  event: (at: EventAddress) =>
    `${ROOT}.event.${subjectToken(at.resource)}.${subjectToken(at.node)}.${subjectToken(at.namespace)}.${subjectToken(at.name)}.${at.fact}`,
  /** What to subscribe to for all events, one by one. */
  everyEvent: `${ROOT}.event.>`,
  /** What to subscribe to for the events of one channel, one by one. */
  channel: (channel: Channel) =>
    channel.node === undefined
      ? `${ROOT}.event.${subjectToken(channel.resource)}.>`
      : `${ROOT}.event.${subjectToken(channel.resource)}.${subjectToken(channel.node)}.>`,
  /** The events of one channel in one commit, as services hear them: in one message. An excerpt's are those of no node. */
  commit: ({ resource, node, excerpt }: Channel) => {
    const all = `${ROOT}.commit.${subjectToken(resource)}`;
    if (excerpt !== undefined) return `${all}.${NONE}.${subjectToken(excerpt)}`;
    return node === undefined ? all : `${all}.${subjectToken(node)}`;
  },
  /** What to subscribe to for the commits of all resources, whichever there are. */
  everyCommit: `${ROOT}.commit.*`,
  /** Request and reply, by the command's type or `Batch`. */
  command: (type: string, from: Sender) => `${ROOT}.command.as.${sender(from)}.${type}`,
  /** Publish and go: JetStream keeps the command until the journal has decided it. */
  commandLater: (type: string, from: Sender) => `${ROOT}.command.later.${sender(from)}.${type}`,
  query: (name: string, from: Sender) => `${ROOT}.query.as.${sender(from)}.${name}`,
  signal: (name: string, from: Sender) => `${ROOT}.signal.${name}.${sender(from)}`,
  /** What only one node can do, or has to know. */
  node: (node: string, name: string) => `${ROOT}.node.${subjectToken(node)}.${name}`,
  /** An address of `processRequest`, with its parts filled in. */
  process: (address: string, parts: Readonly<Record<string, string | typeof ANYTHING>>) =>
    `${ROOT}.${address.replace(/\{(\w+)\}/g, (_, part: string) => filled(parts[part]))}`,
  /** Chunks of a stream, to who asked for it: nobody else hears them. */
  stream: (to: string, id: string) => `${ROOT}.stream.to.${to}.${id}`,
  /** What the reader of a stream tells its writer: how far it is, and when it goes. */
  streamControl: (of: string, id: string) => `${ROOT}.stream.ctl.${of}.${id}`,
} as const;

function filled(part: string | typeof ANYTHING | undefined): string {
  return part === ANYTHING ? '*' : subjectToken(part ?? '');
}

/** The resource that a commit's subject names; throws a URIError for what no subject of one is. */
export function resourceOfCommit(subject: string): string {
  return nameOfToken(subject.split('.')[3] ?? '');
}

/** Who sent a message, from its subject; undefined where the subject names nobody. */
export function principalOfSubject(subject: string): Principal | undefined {
  const [, , area, second, kind, name] = subject.split('.');
  const isVouched =
    area === 'signal' ||
    (area === 'command' && (second === 'as' || second === 'later')) ||
    ((area === 'query' || area === 'token') && second === 'as');
  if (!isVouched || kind === undefined || name === undefined) return undefined;
  return { kind: kind as Principal['kind'], name: nameOfToken(name) };
}

/** The JetStream stream and consumer that keep commands sent without waiting. */
export const LATER_STREAM = 'SHIPLOG_COMMANDS';
export const LATER_CONSUMER = 'journal';
