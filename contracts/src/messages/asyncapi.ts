import type { TSchema } from '@sinclair/typebox';
import { channelKind, channelName, type Channel } from '../queries';
import { LATER_STREAM, ROOT, subjects } from '../subjects';
import { MESSAGES } from './all';
import { CloudEventHeaders, StreamHeaders } from './asyncapi-headers';
import { Components, type JsonSchema } from './asyncapi-schemas';
import { COMMANDS } from './commands';
import type { Message } from './define';
import { channelsOf, hearsEverything, CommitPartSchema, EventDataSchema, HEAR_EVENTS } from './events';
import { ROLES, type Principal, type Role } from './principal';
import { Failure } from './schemas';

interface MessageObject {
  readonly contentType: string;
  readonly headers?: JsonSchema;
  readonly payload: JsonSchema;
}
interface Reference {
  readonly $ref: string;
}
interface ChannelObject {
  readonly address: string;
  readonly description: string;
  readonly parameters?: Readonly<Record<string, { readonly description: string }>>;
  readonly messages: Readonly<Record<string, MessageObject>>;
  /** Roles that may send here, as the NATS server's permissions have it. */
  readonly 'x-from': readonly Role[];
  /** Roles that answer what is sent here. */
  readonly 'x-answered-by'?: readonly Role[];
  /** Roles that may listen here, and answer nothing. */
  readonly 'x-heard-by'?: readonly Role[];
}
interface OperationObject {
  readonly action: 'send' | 'receive';
  readonly channel: Reference;
  readonly summary: string;
  readonly messages: readonly Reference[];
  readonly reply?: { readonly channel: Reference; readonly messages: readonly Reference[] };
}

/** An AsyncAPI 3.0 document: https://www.asyncapi.com/docs/reference/specification/v3.0.0. */
export interface AsyncApiDocument {
  readonly asyncapi: string;
  readonly info: object;
  readonly defaultContentType: string;
  readonly servers: object;
  readonly channels: Readonly<Record<string, ChannelObject>>;
  readonly operations: Readonly<Record<string, OperationObject>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

/** A channel with the operation on it. */
interface Row {
  readonly id: string;
  readonly channel: ChannelObject;
  readonly operation: string;
  readonly does: OperationObject;
}

const JSON_TYPE = 'application/json';
const STREAM = 'stream';
/** In place of a sender. */
const SENDER = { kind: '{kind}', name: '{name}' } as unknown as Principal;

const SENDER_PARAMETERS = {
  kind: 'What the sender is: journal, api, scheduler, controller, node, operator, user or bootstrap.',
  name: 'Who the sender is among its kind.',
};
const PARAMETERS: Readonly<Record<string, string>> = {
  senderKind: SENDER_PARAMETERS.kind,
  senderName: SENDER_PARAMETERS.name,
  node: 'The node.',
  excerpt: 'Which fields: the name of one of the excerpts.',
  token: 'What a new machine was given to join with.',
  id: 'Names the stream; nobody can guess it.',
};
const TOKEN = 'One subject token: `.`, `*`, `>`, `%` and white space are percent-encoded; `_` stands for nothing.';

/** Everything that travels on NATS, from the declarations of the messages and the subjects. */
export function asyncApiDocument(): AsyncApiDocument {
  const components = new Components();
  const rows = [
    eventRow(components),
    commitRow(components, 'commit', 'publishCommit', {
      resource: '{resource}',
      description: 'The events of a resource in one commit: what services hear in the place of each by itself.',
    }),
    commitRow(components, 'commitOfNode', 'publishCommitOfNode', {
      resource: '{resource}',
      node: '{node}',
      description: 'The same of the objects that belong to a node.',
    }),
    commitRow(components, 'commitOfExcerpt', 'publishCommitOfExcerpt', {
      resource: '{resource}',
      excerpt: '{excerpt}',
      description: 'The same of some fields of the objects, whenever one of these changes.',
    }),
    ...MESSAGES.map((message) => messageRow(message, components)),
    laterRow(components),
    streamRow(components),
    streamControlRow(),
  ];
  return {
    ...HEAD,
    channels: Object.fromEntries(rows.map(({ id, channel }) => [id, channel])),
    operations: Object.fromEntries(rows.map(({ operation, does }) => [operation, does])),
    components: { schemas: components.sorted() },
  };
}

/** `commandCreateObject`, `queryState`, `nodeLogs`: a declaration's name in the document. */
export function channelId({ kind, name }: Pick<Message, 'kind' | 'name'>): string {
  return kind === 'process' ? name : kind + capital(name);
}

/** Where a message travels, with `{…}` for what is filled in; made by the code that makes the subjects. */
export function addressOfMessage(message: Message): string {
  switch (message.kind) {
    case 'command':
      return subjects.command(message.name, SENDER);
    case 'query':
      return subjects.query(message.name, SENDER);
    case 'signal':
      return subjects.signal(message.name, SENDER);
    case 'node':
      return subjects.node('{node}', message.name);
    case 'process':
      return `${ROOT}.${message.address}`;
  }
}

function messageRow(message: Message, components: Components): Row {
  const id = channelId(message);
  const answers = message.kind !== 'signal' && !isStreamed(message);
  const messages = {
    [id]: json(components.of(message.payload)),
    ...(answers ? { [`${id}Reply`]: json(replyOf(message, components)) } : {}),
  };
  return {
    id,
    channel: channel(addressOfMessage(message), message.summary, messages, {
      'x-from': message.from,
      ...(message.kind === 'signal' ? { 'x-heard-by': message.heardBy } : { 'x-answered-by': answeringRoles(message) }),
    }),
    operation: `${VERBS[message.kind]}${capital(id)}`,
    does: {
      action: message.kind === 'signal' ? 'send' : 'receive',
      channel: refTo(id),
      summary: message.summary,
      messages: [refTo(id, id)],
      ...(answers ? { reply: { channel: refTo(id), messages: [refTo(id, `${id}Reply`)] } } : {}),
      ...(isStreamed(message) ? { reply: { channel: refTo(STREAM), messages: [refTo(STREAM, `${id}Chunk`)] } } : {}),
    },
  };
}

const VERBS: Readonly<Record<Message['kind'], string>> = {
  command: 'decide',
  query: 'answer',
  signal: 'tell',
  node: 'serve',
  process: 'serve',
};

function answeringRoles(message: Exclude<Message, { kind: 'signal' }>): readonly Role[] {
  return message.answeredBy.length === 0 && 'heardBy' in message ? (message.heardBy ?? []) : message.answeredBy;
}

/** The declared answer or, but for commands, whose answer says itself when it is a refusal, a failure. */
function replyOf(message: Exclude<Message, { kind: 'signal' }>, components: Components): JsonSchema {
  const reply = components.of(message.reply);
  return message.kind === 'command' ? reply : { anyOf: [reply, components.of(Failure)] };
}

function eventRow(components: Components): Row {
  const address = { resource: '{resource}', node: '{node}', namespace: '{namespace}', name: '{name}', fact: '{fact}' };
  const description =
    'Every event of the log, as a CloudEvent in binary mode. Subscribe to `shiplog.v1.event.<resource>.>` for the channel of a resource, and to `shiplog.v1.event.<resource>.<node>.>` for that of a node. `_` stands for no node and no namespace.';
  const messages = { event: { ...json(components.of(EventDataSchema)), headers: CloudEventHeaders } };
  return {
    id: 'event',
    channel: channel(
      subjects.event(address as unknown as Parameters<typeof subjects.event>[0]),
      description,
      messages,
      {
        'x-from': ['journal'],
        'x-heard-by': HEAR_EVENTS,
      },
    ),
    operation: 'publishEvent',
    does: {
      action: 'send',
      channel: refTo('event'),
      summary: 'The journal publishes each event once it is committed.',
      messages: [refTo('event', 'event')],
    },
  };
}

function commitRow(
  components: Components,
  id: string,
  operation: string,
  { description, ...parts }: { description: string; resource: string; node?: string; excerpt?: string },
): Row {
  const address = subjects.commit(parts as unknown as Channel);
  const kind = channelKind(channelName(parts as unknown as Channel));
  const hears = (role: Role): boolean =>
    (kind === 'resource' && hearsEverything(role)) ||
    channelsOf(role, '').some((heard) => channelKind(channelName(heard)) === kind);
  return {
    id,
    channel: channel(
      address,
      description,
      { [id]: json(components.of(CommitPartSchema)) },
      { 'x-from': ['journal'], 'x-heard-by': ROLES.filter(hears) },
    ),
    operation,
    does: {
      action: 'send',
      channel: refTo(id),
      summary: 'The journal publishes each commit once Postgres has it.',
      messages: [refTo(id, id)],
    },
  };
}

function laterRow(components: Components): Row {
  const id = 'commandLater';
  const any = { anyOf: COMMANDS.map(({ payload }) => components.of(payload)) };
  return {
    id,
    channel: channel(
      subjects.commandLater('{type}', SENDER),
      `Publish and go: JetStream (${LATER_STREAM}) keeps the command, of any type, until the journal has decided it. What became of it can be asked by its id with the query \`command\`.`,
      { [id]: json(any) },
      { 'x-from': ['user'], 'x-heard-by': ['journal'] },
    ),
    operation: 'decideLater',
    does: {
      action: 'receive',
      channel: refTo(id),
      summary: 'Stores a command to be decided.',
      messages: [refTo(id, id)],
    },
  };
}

function streamRow(components: Components): Row {
  const streamed = MESSAGES.filter(isStreamed);
  const messages = Object.fromEntries(
    streamed.map((message) => [
      `${channelId(message)}Chunk`,
      { contentType: mediaTypeOf(message.reply), headers: StreamHeaders, payload: components.of(message.reply) },
    ]),
  );
  const description =
    'Chunks of a streamed answer, to who asked and named this as the reply; of a stream both ways, also to who answers, at the subject with the id of its control subject. Each names a control subject as its own reply; the writer waits while 64 chunks are not acknowledged there. State comes as lines of JSON, however the chunks cut them.';
  return {
    id: STREAM,
    channel: channel(subjects.stream('{role}.{name}', '{id}'), description, messages, {
      'x-from': rolesOf(streamed.flatMap(writersOf)),
      'x-heard-by': rolesOf(streamed.flatMap(readersOf)),
    }),
    operation: 'writeStream',
    does: {
      action: 'send',
      channel: refTo(STREAM),
      summary: 'A writer sends the next chunk, that it is still there, its end, or its failure.',
      messages: Object.keys(messages).map((name) => refTo(STREAM, name)),
    },
  };
}

function streamControlRow(): Row {
  const id = 'streamControl';
  const streamed = MESSAGES.filter(isStreamed);
  const payload = {
    anyOf: [
      {
        type: 'object',
        required: ['received'],
        properties: { received: { type: 'integer', minimum: 0, description: 'Chunks that have arrived so far.' } },
      },
      { type: 'object', required: ['cancel'], properties: { cancel: { const: true } } },
    ],
  };
  const description = 'What the reader of a stream tells its writer: how far it is, and when it goes.';
  return {
    id,
    channel: channel(
      subjects.streamControl('{role}.{name}', '{id}'),
      description,
      { [id]: json(payload) },
      {
        'x-from': rolesOf(streamed.flatMap(readersOf)),
        'x-heard-by': rolesOf(streamed.flatMap(writersOf)),
      },
    ),
    operation: 'controlStream',
    does: { action: 'receive', channel: refTo(id), summary: description, messages: [refTo(id, id)] },
  };
}

type Streamed = Extract<Message, { kind: 'query' | 'node' }>;

function writersOf(message: Streamed): readonly Role[] {
  return isBothWays(message) ? [...message.answeredBy, ...message.from] : message.answeredBy;
}

function readersOf(message: Streamed): readonly Role[] {
  return isBothWays(message) ? [...message.answeredBy, ...message.from] : message.from;
}

function isBothWays(message: Streamed): boolean {
  return 'duplex' in message && message.duplex === true;
}

function isStreamed(message: Message): message is Streamed {
  return 'streamed' in message && message.streamed;
}

function rolesOf(roles: readonly Role[]): Role[] {
  return ROLES.filter((role) => roles.includes(role));
}

function mediaTypeOf(schema: TSchema): string {
  const { contentMediaType } = schema as { contentMediaType?: unknown };
  return typeof contentMediaType === 'string' ? contentMediaType : JSON_TYPE;
}

function channel(
  address: string,
  description: string,
  messages: Record<string, MessageObject>,
  roles: Pick<ChannelObject, 'x-from' | 'x-answered-by' | 'x-heard-by'>,
): ChannelObject {
  const names = [...address.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const text = names.includes('kind') ? { ...PARAMETERS, ...SENDER_PARAMETERS } : PARAMETERS;
  const parameters = names.map((name) => [name, { description: `${text[name] ?? ''} ${TOKEN}`.trim() }] as const);
  return {
    address,
    description,
    ...(parameters.length > 0 ? { parameters: Object.fromEntries(parameters) } : {}),
    ...roles,
    messages,
  };
}

function json(payload: JsonSchema): MessageObject {
  return { contentType: JSON_TYPE, payload };
}

function refTo(id: string, message?: string): Reference {
  return { $ref: `#/channels/${id}${message === undefined ? '' : `/messages/${message}`}` };
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

const HEAD = {
  asyncapi: '3.0.0',
  info: {
    title: 'Shiplog',
    version: 'v1',
    description:
      'Everything that travels on NATS between the processes of a Shiplog cluster, and what anybody else with the right may send. Operations are those of the cluster as a whole: `receive` is what may be sent to it, `send` is what it publishes. The NATS server lets each process publish under its own kind and name only (`x-from` says which roles may at all), so a subject says who sent what it carries; the three agents of a node (kubelet, network, proxy) speak as that node. What is not as described is answered with a Status of code 400.',
    license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
  },
  defaultContentType: JSON_TYPE,
  servers: {
    bus: {
      host: '{host}:{port}',
      protocol: 'nats',
      variables: { host: { default: '127.0.0.1' }, port: { default: '4222' } },
    },
  },
};
