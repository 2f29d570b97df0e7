import type { AnyCommand, CommandReply } from '@shiplog/contracts';
import { eventually } from '@shiplog/testing';
import type { NatsConnection } from 'nats';
import { QueuedIteratorImpl } from 'nats/lib/nats-base-client/queued_iterator';
import { Commander } from './commander';

const command = (id: string): AnyCommand =>
  ({
    id,
    type: 'DeleteObject',
    actor: 'test',
    data: { resource: 'pods', namespace: 'default', name: id },
  }) as AnyCommand;

type Answers = (AnyCommand | AnyCommand[])[];

/** A journal that answers when it is told to, and remembers how the commands came. */
function stand(maxPayload = 1_048_576) {
  const messages: string[][] = [];
  const sizes: number[] = [];
  const waiting: ((answers?: unknown[]) => void)[] = [];
  const send = (payload: Uint8Array, answer: (answers: Uint8Array[]) => void): void => {
    const sent = JSON.parse(Buffer.from(payload).toString()) as Answers[number];
    messages.push([sent].flat().map(({ id }) => id));
    sizes.push(payload.length);
    const reply = { ok: true, position: messages.length, events: 1 };
    const usual = [Array.isArray(sent) ? sent.map(() => reply) : reply];
    waiting.push((answers = usual) => answer(answers.map((item) => Buffer.from(JSON.stringify(item)))));
  };
  const request = (_: string, payload: Uint8Array): Promise<{ data: Uint8Array }> =>
    new Promise((resolve) => send(payload, ([data = new Uint8Array()]) => resolve({ data })));
  const requestMany = (_: string, payload: Uint8Array): Promise<unknown> => {
    const answers = new QueuedIteratorImpl<{ data: Uint8Array }>();
    send(payload, (all) => all.forEach((data) => answers.push({ data })));
    return Promise.resolve(answers);
  };
  const nothing = { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }) };
  const status = (): typeof nothing => nothing;
  const connection = { request, requestMany, status, info: { max_payload: maxPayload } } as unknown as NatsConnection;
  const commander = new Commander(connection, { kind: 'api', name: 'one' });
  return { commander, messages, sizes, answerNext: (answers?: unknown[]) => waiting.shift()?.(answers) };
}

afterEach(() => jest.useRealTimers());

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
    // However slow this machine is, the moment for gathering does not pass.
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'queueMicrotask', 'nextTick'] });
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

  it('has nobody wait for a deletion of many: that goes alone, and counts for nothing that is under way', async () => {
    const { commander, messages, answerNext } = stand();
    const sent = (command: AnyCommand) => commander.send(command, 1_000);
    const deletions = ['many', 'more'].map((id) => ({ ...command(id), type: 'DeleteCollection' }) as AnyCommand);
    const open = [command('a'), ...deletions, command('b')].map(sent);
    await turn();
    expect(messages).toEqual([['a'], ['many'], ['more'], ['b']]);
    answerNext();
    await open[0];
    const next = sent(command('c'));
    await turn();
    expect(messages.at(-1)).toEqual(['c']);
    for (let i = 0; i < 4; i++) answerNext();
    await Promise.all([...open, next]);
  });

  it('gathers for a moment only: answers that do not come hold nobody up', async () => {
    const { commander, messages, answerNext } = stand();
    const replies: Promise<unknown>[] = [];
    for (const id of ['a', 'b', 'c']) {
      replies.push(commander.send(command(id), 1_000));
      await turn();
    }
    await eventually(() => messages.length === 3, { everyMs: 2 });
    expect(messages).toEqual([['a'], ['b'], ['c']]);
    for (let i = 0; i < 3; i++) answerNext();
    await Promise.all(replies);
  });

  describe('with a server whose messages are small', () => {
    const large = (id: string, text: string, times: number): AnyCommand => {
      const item = command(id);
      return { ...item, actor: text.repeat(times) };
    };

    it('counts bytes of UTF-8: what would not fit into one message goes in several', async () => {
      const { commander, messages, sizes, answerNext } = stand(10_000);
      const replies = [large('a', '漢', 2_500), large('b', '漢', 2_500), command('c')].map((item) =>
        commander.send(item, 1_000),
      );
      await turn();
      expect(messages).toEqual([['a'], ['b', 'c']]);
      expect(Math.max(...sizes)).toBeLessThan(10_000);
      answerNext();
      answerNext();
      expect(await Promise.all(replies)).toHaveLength(3);
    });

    it('sends alone what fits into no message, before and after its neighbours', async () => {
      const { commander, messages, answerNext } = stand(10_000);
      for (const item of [command('a'), large('b', 'x', 20_000), command('c'), command('d')]) {
        commander.send(item, 1_000).catch(() => undefined);
      }
      await turn();
      expect(messages).toEqual([['a'], ['b'], ['c', 'd']]);
      for (let i = 0; i < 3; i++) answerNext();
    });
  });

  describe('whose batch is answered in parts', () => {
    const ok = (position: number): CommandReply => ({ ok: true, position, events: 1 });
    const sendThree = async (answers: unknown[]) => {
      const { commander, answerNext } = stand();
      const replies = ['a', 'b', 'c'].map((id) => commander.send(command(id), 1_000));
      const settled = Promise.allSettled(replies);
      await turn();
      answerNext(answers);
      return (await settled).map((item) => (item.status === 'fulfilled' ? item.value : String(item.reason)));
    };

    it('gives each command its own reply, in whatever order the parts come', async () => {
      const parts = [
        { from: 2, replies: [ok(3)] },
        { from: 0, replies: [ok(1), ok(2)] },
      ];
      expect(await sendThree(parts)).toEqual([ok(1), ok(2), ok(3)]);
    });

    it('takes a part that comes twice once', async () => {
      const part = { from: 0, replies: [ok(1)] };
      expect(await sendThree([part, part, { from: 1, replies: [ok(2), ok(3)] }])).toEqual([ok(1), ok(2), ok(3)]);
    });

    it('tells all that it was refused as a whole, or makes no sense', async () => {
      const refusal = { ok: false, status: { code: 400 } };
      expect(await sendThree([refusal])).toEqual([refusal, refusal, refusal]);
      expect(await sendThree([[ok(1)]])).toEqual([ok(1), ...Array<unknown>(2).fill(expect.stringContaining('fewer'))]);
      expect(await sendThree([7])).toEqual(Array<unknown>(3).fill(expect.stringContaining('TypeError')));
    });
  });
});
