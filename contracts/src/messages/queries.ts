import { Type, type Static } from '@sinclair/typebox';
import type { StoredObject } from '../objects';
import { CommandReplySchema } from './commands';
import { query, type QueryMessage } from './define';
import { LogEventSchema } from './events';
import { ChannelSchema, CommandId, Key, OneOf, Optional, PodReference, Position, ResourceName, Time } from './schemas';

const Stored = Type.Unsafe<StoredObject>(Type.Object({ metadata: Type.Object({}) }));
const channels = Type.Array(ChannelSchema);
/** Not there: those of all resources, also of kinds that the asker has never heard of. */
const channelsOrAll = Optional(Type.Array(ChannelSchema, { description: 'Not there: those of all resources.' }));
const lastPositions = Type.Record(Type.String(), Position(), { description: 'Last position by channel name.' });
export const Hashes = Type.Unsafe<Partial<Record<string, string>>>(
  Type.Record(Type.String(), Type.String(), {
    description: 'The state hash of the objects of each channel, by its name.',
  }),
);

/** All whose state is a projection of the log. */
const READERS = ['api', 'scheduler', 'controller', 'dns', 'kubelet', 'network', 'proxy', 'user'] as const;

export const PositionQuery = query('position', {
  summary: 'Which position is committed, and the last position of each channel asked for (0: none yet).',
  payload: Type.Object({ channels: Optional(channels), hashes: Optional(Type.Boolean()) }),
  reply: Type.Object({ position: Position(), channels: lastPositions, hashes: Optional(Hashes) }),
  from: [...READERS, 'operator'],
});

export const ObjectQuery = query('object', {
  summary: 'One object, now or as it was at a position; null when there was none.',
  payload: Type.Object({
    key: Key,
    at: Optional(Position()),
    for: Optional(
      Type.Object(PodReference.properties, { description: "A node's reason to ask: its pod that names the object." }),
    ),
  }),
  reply: Type.Object({ position: Position(), object: Type.Union([Stored, Type.Null()]) }),
  from: ['api', 'controller', 'kubelet', 'user'],
});

export const EventsQuery = query('events', {
  summary: 'The events of channels after a position, oldest first, at most `limit` (default 1000).',
  payload: Type.Object({
    channels: channelsOrAll,
    after: Position(),
    upTo: Optional(Position()),
    limit: Optional(Position()),
  }),
  reply: Type.Object({
    events: Type.Array(LogEventSchema),
    more: Type.Boolean({ description: 'Ask again, from `position`.' }),
    position: Position('Up to here nothing is missing: where the log is, unless there is more.'),
  }),
  from: READERS,
});

export const HistoryQuery = query('history', {
  summary: 'The last events of one object or of the whole cluster, newest first: what happened, and why.',
  payload: Type.Object({ key: Optional(Key), before: Optional(Position()), limit: Optional(Position()) }),
  reply: Type.Object({ events: Type.Array(LogEventSchema) }),
  from: ['api', 'user'],
});

export const CommandQuery = query('command', {
  summary: 'What became of an earlier command; null when the journal does not know it.',
  payload: Type.Object({ id: CommandId() }),
  reply: Type.Object({ reply: Type.Union([CommandReplySchema, Type.Null()]) }),
  from: ['api', 'user'],
});

export const StateQuery = query('state', {
  summary: 'The objects of channels, now or at a position, as a flow-controlled stream of JSON lines.',
  payload: Type.Object({
    channels: channelsOrAll,
    at: Optional(Position()),
    encoding: Optional(
      OneOf(['br'], 'Each line is compressed by Brotli, behind a line `br <bytes>`; not there: lines as they are.'),
    ),
  }),
  reply: Type.Object({
    position: Position(),
    epoch: Optional(Position()),
    objects: Type.Array(Type.Object({ resource: ResourceName, object: Stored })),
    channels: Optional(lastPositions),
  }),
  from: READERS,
  streamed: true,
});

const letter = Position('Names the dead letter.');

export const DeadLettersQuery = query('deadLetters', {
  summary: 'Commands sent without waiting that could not be decided, oldest first, at most 100; and why not.',
  payload: Type.Object({ after: Optional(Position('Of a letter: only those that came later.')) }),
  reply: Type.Object({
    letters: Type.Array(
      Type.Object({
        letter,
        time: Time('When it was given up.'),
        from: Type.String({ description: 'Who sent it: `user.admin`.' }),
        type: Type.String(),
        id: Optional(Type.String({ description: "The command's; not there when it is no command." })),
        reason: Type.String(),
        deliveries: Type.Integer({ description: 'How often it was tried.' }),
        bytes: Type.Integer(),
      }),
    ),
  }),
  from: ['user'],
});

export const RepeatDeadLetterQuery = query('repeatDeadLetter', {
  summary:
    'Has a dead letter decided after all, in the name of its first sender; it is gone once it is decided, also when that is a refusal.',
  payload: Type.Object({ letter, request: CommandId('Names the request: repeated, it is not carried out twice.') }),
  reply: Type.Object({ reply: CommandReplySchema }),
  from: ['user'],
});

/** Every question. */
export const QUERIES = [
  PositionQuery,
  ObjectQuery,
  EventsQuery,
  HistoryQuery,
  CommandQuery,
  StateQuery,
  DeadLettersQuery,
  RepeatDeadLetterQuery,
] as const;

export type StateRequest = Static<typeof StateQuery.payload>;
/** One chunk; in the last one only, `channels`: last position of each asked for, for gap detection from there on. */
export type StateChunk = Static<typeof StateQuery.reply>;
/** A query that is answered in one message. */
export type SingleQuery = Exclude<(typeof QUERIES)[number], typeof StateQuery> & QueryMessage;
