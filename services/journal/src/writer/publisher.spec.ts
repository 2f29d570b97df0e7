import type { AppliedEvent } from '@shiplog/cluster';
import { EVENT_FORMAT, type LogEvent, type StoredObject } from '@shiplog/contracts';
import { pino } from 'pino';
import { ChannelHeads } from './channel-heads';
import { Publisher } from './publisher';

const applied = (position: number, actor: string): AppliedEvent => {
  const after = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } } as unknown as StoredObject;
  const about = { resource: 'configmaps', namespace: 'default', name: 'a', uid: 'u', node: '' } as const;
  const event: LogEvent = {
    position,
    time: '2026-01-01T00:00:00.000Z',
    fact: 'Created',
    version: EVENT_FORMAT,
    ...about,
    actor,
    commandId: 'c',
    commandSeq: 0,
    data: {},
  };
  return { event, before: undefined, after };
};

describe('the publisher', () => {
  it('passes over an event that no message can hold; the next one names it as its predecessor, so readers notice', () => {
    const sent: (string | undefined)[] = [];
    const connection = {
      publish: (_subject: string, _payload: unknown, { headers }: { headers: { encode(): Uint8Array } }) =>
        void sent.push(/ce-prev: (\d+)/.exec(Buffer.from(headers.encode()).toString())?.[1]),
    };
    const publisher = new Publisher(connection as never, new ChannelHeads(), 1, pino({ level: 'silent' }));
    publisher.publish(applied(1, 'tester'), '{}');
    publisher.publish(applied(2, 'half a pair: \ud800'), '{}');
    publisher.publish(applied(3, 'tester'), '{}');
    expect(sent).toEqual(['0', '2']);
  });
});
