import type { AnyCommand } from '@shiplog/contracts';
import type { NatsConnection } from 'nats';
import { Commander } from './commander';

const command = (id: string): AnyCommand =>
  ({
    id,
    type: 'DeleteObject',
    actor: 'test',
    data: { resource: 'pods', namespace: 'default', name: id },
  }) as AnyCommand;

/** A journal that answers when it is told to, and remembers how the commands came. */
function stand() {
  const messages: string[][] = [];
  const waiting: (() => void)[] = [];
  const request = (_subject: string, payload: Uint8Array): Promise<{ data: Uint8Array }> => {
    const sent = JSON.parse(Buffer.from(payload).toString()) as AnyCommand | AnyCommand[];
    messages.push([sent].flat().map(({ id }) => id));
    const reply = { ok: true, position: messages.length, events: 1 };
    const data = Buffer.from(JSON.stringify(Array.isArray(sent) ? sent.map(() => reply) : reply));
    return new Promise((resolve) => waiting.push(() => resolve({ data })));
  };
  const commander = new Commander({ request } as unknown as NatsConnection, { kind: 'api', name: 'one' });
  return { commander, messages, answerNext: () => waiting.shift()?.() };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('Commander', () => {
  it('sends what one tick brings in one message', async () => {
    const { commander, messages, answerNext } = stand();
    const replies = ['a', 'b', 'c'].map((id) => commander.send(command(id), 1_000));
    await turn();
    expect(messages).toEqual([['a', 'b', 'c']]);
    answerNext();
    expect(await Promise.all(replies)).toHaveLength(3);
  });

  it('gathers while two messages are under way, and sends when one of them is answered', async () => {
    const { commander, messages, answerNext } = stand();
    const replies: Promise<unknown>[] = [];
    for (const id of ['a', 'b', 'c', 'd']) {
      replies.push(commander.send(command(id), 1_000));
      await turn();
    }
    expect(messages).toEqual([['a'], ['b']]);
    answerNext();
    await replies[0];
    await turn();
    expect(messages).toEqual([['a'], ['b'], ['c', 'd']]);
    answerNext();
    answerNext();
    await Promise.all(replies);
  });

  it('gathers for a moment only: answers that do not come hold nobody up', async () => {
    const { commander, messages, answerNext } = stand();
    const replies: Promise<unknown>[] = [];
    for (const id of ['a', 'b', 'c']) {
      replies.push(commander.send(command(id), 1_000));
      await turn();
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(messages).toEqual([['a'], ['b'], ['c']]);
    for (let i = 0; i < 3; i++) answerNext();
    await Promise.all(replies);
  });
});
