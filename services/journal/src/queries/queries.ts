import type { Bus } from '@shiplog/bus';
import { hashResource } from '@shiplog/cluster';
import {
  channelName,
  RESOURCES,
  subjects,
  type Queries,
  type QueryName,
  type ResourceId,
  type StoredObject,
} from '@shiplog/contracts';
import type { CommandRepository } from '../database/command.repository';
import type { Past } from '../history/past';
import type { Heads } from '../writer/heads';
import type { Writer } from '../writer/writer';
import { askedChannels, askedFields, askedKey, optionalPosition, requiredPosition, requiredText } from './check';
import type { History } from './history';
import { serveState } from './state-query';

/** What questions are answered from. */
export interface Sources {
  readonly writer: Pick<Writer, 'state' | 'position'>;
  readonly heads: Heads;
  readonly history: History;
  readonly past: Past;
  readonly commands: CommandRepository;
}

type Answers = { [N in QueryName]: (ask: unknown) => Promise<Queries[N]['answer']> };

/** Answers every question of contracts/src/queries.ts. Returns what ends it. */
export function serveQueries(bus: Bus, sources: Sources): () => void {
  const subscriptions = Object.entries(answersFrom(sources)).map(([name, answer]) =>
    bus.serve(subjects.query(name as QueryName), answer),
  );
  subscriptions.push(serveState(bus, sources));
  return () => subscriptions.forEach((subscription) => subscription.unsubscribe());
}

/** The answers by question: one for each, which the compiler checks. */
export function answersFrom({ writer, heads, history, past, commands }: Sources): Answers {
  return {
    position: (ask) => {
      const fields = askedFields(ask);
      const channels = askedChannels(fields['channels'] ?? []);
      return Promise.resolve({
        position: writer.position,
        channels: Object.fromEntries(channels.map((channel) => [channelName(channel), heads.of(channel)])),
        ...(fields['hashes'] === true ? { hashes: hashesOf(writer.state) } : {}),
      });
    },
    object: async (ask) => {
      const fields = askedFields(ask);
      const key = askedKey(fields['key']);
      const at = optionalPosition(fields, 'at');
      if (at === undefined || at === writer.position) {
        const { resource, namespace, name } = key;
        const object = (writer.state.get(resource, namespace, name) ?? null) as StoredObject | null;
        return { position: writer.position, object };
      }
      if (at < writer.position) {
        const found = await history.objectAt(key, at);
        if (found !== 'unknown') return { position: at, object: found === 'none' ? null : found };
      }
      const { state } = await past.stateAt(at, writer.position);
      return {
        position: at,
        object: (state.get(key.resource, key.namespace, key.name) ?? null) as StoredObject | null,
      };
    },
    events: (ask) => {
      const fields = askedFields(ask);
      const question = {
        channels: askedChannels(fields['channels']),
        after: requiredPosition(fields, 'after'),
        upTo: optionalPosition(fields, 'upTo'),
        limit: optionalPosition(fields, 'limit'),
      };
      return history.events(question, writer.position);
    },
    history: async (ask) => {
      const fields = askedFields(ask);
      const key = fields['key'] === undefined ? undefined : askedKey(fields['key']);
      const events = await history.history({
        key,
        before: optionalPosition(fields, 'before'),
        limit: optionalPosition(fields, 'limit'),
      });
      return { events };
    },
    command: async (ask) => {
      const [command] = await commands.find([requiredText(askedFields(ask), 'id')]);
      return { reply: command === undefined ? null : await commands.replyTo(command) };
    },
  };
}

/** The hash of every resource's objects. */
export function hashesOf(state: Writer['state']): Partial<Record<ResourceId, string>> {
  return Object.fromEntries(RESOURCES.map(({ id }) => [id, hashResource(state, id)]));
}
