import { ADMINISTRATOR } from '../actors';
import { ANYTHING, LATER_CONSUMER, LATER_STREAM, ROOT, subjects, subjectToken } from '../subjects';
import { MESSAGES } from './all';
import type { Message } from './define';
import { channelsOf, HEAR_EVENTS, hearsEverything } from './events';
import { Attach, Detach } from './node-requests';
import { principalOf, type Identity, type Role } from './principal';
import { Health, HealthOfAll, HealthOfService, RenewRequest } from './process-requests';
import { EventsQuery, PositionQuery, StateQuery } from './queries';
import { Head } from './signals';

/** What a NATS user may do, as the server's configuration has it. */
export interface Permissions {
  readonly publish: { readonly allow: readonly string[] } | { readonly deny: readonly string[] };
  readonly subscribe: { readonly allow: readonly string[] } | { readonly deny: readonly string[] };
  /** Answers to what one was asked, beyond `publish`. The server forgets the open ones at a reload: they are asked again. */
  readonly allow_responses?: { readonly max: number; readonly expires: string };
}

const EVERY_INBOX = '_INBOX.>';

/** An identity as a part of subjects: the tokens of its inbox, and of streams that it reads or writes. */
export function addressOf({ role, name }: Identity): string {
  return `${role}.${subjectToken(name)}`;
}

/** Where an identity is answered: nobody else may listen there. */
export function inboxOf(identity: Identity): string {
  return `_INBOX.${addressOf(identity)}`;
}

/** The permissions of one process, from the declarations of what it sends, hears and answers. */
export function permissionsOf(identity: Identity): Permissions {
  return partOf(identity, MESSAGES);
}

/** As far as it is about some messages. */
function partOf(identity: Identity, messages: readonly Message[]): Permissions {
  const publish = unique([
    ...messages.flatMap((message) => sent(message, identity)),
    ...streamsOut(identity),
    ...more(identity.role),
  ]);
  const subscribe = unique([
    `${inboxOf(identity)}.>`,
    ...eventsHeard(identity),
    ...messages.flatMap((message) => subjectsHeard(message, identity)),
    ...streamsIn(identity),
  ]);
  // Who may answer into every inbox needs no leave for each answer; and the server, which takes none back that was not
  // needed, would go through those of a whole minute at each question.
  const answers =
    !publish.includes(EVERY_INBOX) &&
    messages.some((message) => message.kind !== 'signal' && handles(message, identity.role));
  return {
    // An empty list would allow everything.
    publish: publish.length === 0 ? { deny: ['>'] } : { allow: publish },
    subscribe: { allow: subscribe },
    ...(answers ? { allow_responses: { max: 1, expires: '1m' } } : {}),
  };
}

/** What a hollow node does not ask for: it has no network agent, no credentials that end, and its process answers for its health. */
const NOT_OF_HOLLOW: readonly Message[] = [Attach, Detach, RenewRequest, Health, HealthOfService, HealthOfAll];
/** What its process does: that, and what all of its nodes hear alike. */
const OF_HOLLOW_PROCESS: readonly Message[] = [
  Health,
  HealthOfService,
  HealthOfAll,
  Head,
  StateQuery,
  EventsQuery,
  PositionQuery,
];

/** The permissions of a process that is many hollow nodes: what each of them says and hears by its own name, and no more. */
export function permissionsOfHollow(process: Identity, nodes: readonly string[]): Permissions {
  const ofNode = MESSAGES.filter((message) => !NOT_OF_HOLLOW.includes(message));
  const parts = [partOf(process, OF_HOLLOW_PROCESS), ...nodes.map((name) => partOf({ role: 'kubelet', name }, ofNode))];
  const { allow_responses } = permissionsOf(process);
  return {
    publish: allOf(parts, 'publish'),
    subscribe: allOf(parts, 'subscribe'),
    ...(allow_responses === undefined ? {} : { allow_responses }),
  };
}

function allOf(parts: readonly Permissions[], side: 'publish' | 'subscribe'): { readonly allow: readonly string[] } {
  const lists = parts.map((part) => part[side]);
  return { allow: unique(lists.flatMap((list) => ('allow' in list ? list.allow : []))) };
}

/** NATS knows no rights to single objects: of its users only the administrator hears events, the others ask. */
function eventsHeard({ role, name }: Identity): string[] {
  if (role === 'user' && name !== ADMINISTRATOR) return [];
  const commits = hearsEverything(role) ? [subjects.everyCommit] : channelsOf(role, name).map(subjects.commit);
  return HEAR_EVENTS.includes(role) ? [...commits, subjects.everyEvent] : commits;
}

function handles(message: Exclude<Message, { kind: 'signal' }>, role: Role): boolean {
  return message.answeredBy.includes(role) || ('heardBy' in message && message.heardBy?.includes(role) === true);
}

function sent(message: Message, identity: Identity): string[] {
  if (!message.from.includes(identity.role)) return [];
  const from = principalOf(identity);
  switch (message.kind) {
    case 'command':
      return [
        subjects.command(message.name, from),
        ...(identity.role === 'user' && message.name !== 'Batch' ? [subjects.commandLater(message.name, from)] : []),
      ];
    case 'query':
      return [subjects.query(message.name, from)];
    case 'signal':
      return [subjects.signal(message.name, from)];
    case 'node':
      return [from.kind === 'node' ? subjects.node(identity.name, message.name) : `${ROOT}.node.*.${message.name}`];
    case 'process':
      return [subjects.process(message.address, partsOf(identity))];
  }
}

/** What an identity subscribes to for a message that it hears or answers; nothing for the others. */
export function subjectsHeard(message: Message, identity: Identity): string[] {
  const { role, name } = identity;
  if (message.kind === 'signal') return message.heardBy.includes(role) ? [subjects.signal(message.name, 'anyone')] : [];
  if (!handles(message, role)) return [];
  switch (message.kind) {
    case 'command':
      return [subjects.command(message.name, 'anyone')];
    case 'query':
      return [subjects.query(message.name, 'anyone')];
    case 'node':
      return [subjects.node(name, message.name)];
    case 'process':
      return [subjects.process(message.address, partsOf(identity, 'own'))];
  }
}

/** What stands in a process request's address for this identity: its own service and name, and anything else. */
function partsOf({ role, name }: Identity, whose: 'any' | 'own' = 'any'): Record<string, string | typeof ANYTHING> {
  const isService = role !== 'operator' && role !== 'bootstrap';
  return {
    service: isService ? role : ANYTHING,
    component: whose === 'own' && isService ? role : ANYTHING,
    role: isService ? role : ANYTHING,
    name: isService ? name : ANYTHING,
    token: role === 'bootstrap' ? name : ANYTHING,
    // Who answers hears whoever asks.
    senderKind: whose === 'own' ? ANYTHING : principalOf({ role, name }).kind,
    senderName: whose === 'own' ? ANYTHING : name,
    instance: whose === 'own' && isService ? name : ANYTHING,
    scope: ANYTHING,
    member: ANYTHING,
  };
}

/**
 * Streams have subjects of their own: answers that a reload of the server must not break. Who writes one hears its control
 * subject; a stream both ways is written by both.
 */
function streamsOut({ role }: Identity): string[] {
  return [
    ...streamsWrittenBy(role).map((to) => subjects.stream(to, '>')),
    ...streamsReadBy(role).map((of) => subjects.streamControl(of, '>')),
  ];
}

function streamsIn(identity: Identity): string[] {
  const own = addressOf(identity);
  return [
    ...(streamsReadBy(identity.role).length > 0 ? [subjects.stream(own, '>')] : []),
    ...(streamsWrittenBy(identity.role).length > 0 ? [subjects.streamControl(own, '>')] : []),
  ];
}

/** To which roles a role writes streams. */
function streamsWrittenBy(role: Role): readonly Role[] {
  return MESSAGES.filter(isStream).flatMap((message) => [
    ...(message.answeredBy.includes(role) ? message.from : []),
    ...(isDuplex(message) && message.from.includes(role) ? message.answeredBy : []),
  ]);
}

/** From which roles a role reads streams. */
function streamsReadBy(role: Role): readonly Role[] {
  return MESSAGES.filter(isStream).flatMap((message) => [
    ...(message.from.includes(role) ? message.answeredBy : []),
    ...(isDuplex(message) && message.answeredBy.includes(role) ? message.from : []),
  ]);
}

function isDuplex(message: Message): boolean {
  return message.kind === 'node' && message.duplex === true;
}

function isStream(message: Message): message is Extract<Message, { kind: 'query' | 'node' }> {
  return (message.kind === 'query' || message.kind === 'node') && message.streamed;
}

/** What no declaration says: the log's events, answers to anybody, and the store of commands sent without waiting. */
function more(role: Role): string[] {
  switch (role) {
    case 'journal':
      return [`${ROOT}.event.>`, `${ROOT}.commit.>`, EVERY_INBOX, ...JETSTREAM];
    case 'operator':
      return ['_INBOX.bootstrap.>', '_INBOX.kubelet.>', '_INBOX.network.>', '_INBOX.proxy.>'];
    default:
      return [];
  }
}

const JETSTREAM = [
  '$JS.API.INFO',
  ...['CREATE', 'UPDATE', 'INFO'].map((verb) => `$JS.API.STREAM.${verb}.${LATER_STREAM}`),
  ...['DURABLE.CREATE', 'CREATE', 'INFO', 'MSG.NEXT'].map(
    (verb) => `$JS.API.CONSUMER.${verb}.${LATER_STREAM}.${LATER_CONSUMER}`,
  ),
  `$JS.ACK.${LATER_STREAM}.${LATER_CONSUMER}.>`,
];

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort();
}
