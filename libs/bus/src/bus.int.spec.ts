import {
  StatusError,
  Batch,
  DeleteObject,
  Note,
  PositionQuery,
  subjects,
  type AnyCommand,
  type CommandReply,
  type Principal,
  type Signals,
} from '@shiplog/contracts';
import { eventually, serve, TestNats } from '@shiplog/testing';
import { BusUnavailable, newCommandId, type Bus } from '.';

const command = (name: string): AnyCommand => ({
  id: newCommandId(),
  type: 'DeleteObject',
  actor: 'test',
  data: { resource: 'configmaps', namespace: 'default', name },
});
const answerAt = (position: number) => ({ position, channels: {} });

describe('the bus', () => {
  let nats: TestNats;
  let api: Bus;
  let journal: Bus;
  beforeAll(async () => {
    nats = await TestNats.start();
    api = await nats.bus();
    journal = await nats.bus('journal', { role: 'journal', name: 'one' });
  });
  afterAll(() => nats.stop());

  describe('commands', () => {
    it('of one tick travel in one message and each gets its own answer', async () => {
      const sizes: number[] = [];
      const served = await serve(journal, Batch, (batch) => {
        const commands = batch as AnyCommand[];
        sizes.push(commands.length);
        return commands.map((_, i): CommandReply => ({ ok: true, position: i + 1, events: 1 }));
      });
      const replies = await Promise.all(['a', 'b', 'c'].map((name) => api.command(command(name))));
      expect(sizes).toEqual([3]);
      expect(replies.map((reply) => reply.ok && reply.position)).toEqual([1, 2, 3]);
      served.close();
    });

    it('wait for a journal that comes later, and say who sent them', async () => {
      const reply = api.command(command('late'));
      let sender: Principal | undefined;
      const served = await serve(journal, DeleteObject, (_, { principal }): CommandReply => {
        sender = principal;
        return { ok: true, position: 5, events: 1 };
      });
      await expect(reply).resolves.toMatchObject({ position: 5 });
      expect(sender).toEqual({ kind: 'api', name: 'test' });
      served.close();
    });

    it('that nobody answers in time are told so', async () => {
      await expect(api.command(command('nobody'), { timeoutMs: 100 })).rejects.toThrow(BusUnavailable);
    });
  });

  describe('questions', () => {
    it('whose answer takes long are answered by it, although they were asked again meanwhile', async () => {
      let asked = 0;
      const served = await serve(journal, PositionQuery, async () => {
        const mine = ++asked;
        // The first answer comes once it was asked for again.
        if (mine === 1) await eventually(() => asked > 1, { everyMs: 5 });
        else await new Promise((resolve) => setTimeout(resolve, 5_000).unref());
        return answerAt(mine);
      });
      await expect(api.ask(PositionQuery, {}, {}, { timeoutMs: 4_000 })).resolves.toEqual(answerAt(1));
      served.close();
    });

    it('are asked again when the one who owed an answer died', async () => {
      const dead = journal.connection.subscribe(subjects.query('position', 'anyone'), { max: 1 });
      const answer = api.ask(PositionQuery, {});
      for await (const _ of dead) break;
      const heir = await serve(journal, PositionQuery, () => answerAt(9));
      await expect(answer).resolves.toEqual(answerAt(9));
      heir.close();
    });

    it('get a failure on the other side as its Status', async () => {
      const gone = { code: 410, reason: 'Expired', message: 'too old' };
      const served = await serve(journal, PositionQuery, () => Promise.reject(new StatusError(gone)));
      await expect(api.ask(PositionQuery, {})).rejects.toMatchObject({ status: gone });
      served.close();
    });
  });

  describe('signals', () => {
    const note = (message: string): Signals['note'] => ({
      type: 'Normal',
      reason: 'Pulling',
      message,
      component: 'kubelet',
      host: 'minion.1',
      about: { resource: 'pods', namespace: 'default', name: 'web', uid: 'u' },
    });

    it('are heard with who sent them; one that is malformed is told once, and the next is heard', async () => {
      const problems: string[] = [];
      const listener = await nats.bus('listener', undefined, { onError: (error) => problems.push(String(error)) });
      const heard: unknown[] = [];
      listener.hear(Note, (payload, from) => heard.push([payload.message, from]));
      await listener.connection.flush();
      const kubelet = await nats.bus('kubelet', { role: 'kubelet', name: 'minion.1' });
      const subject = subjects.signal('note', kubelet.principal);
      kubelet.connection.publish(subject, Buffer.from('{"type":'));
      kubelet.connection.publish(subject, Buffer.from('{"type":"Normal"}'));
      kubelet.connection.publish(subject);
      kubelet.tell(Note, note('after'));
      await eventually(() => heard.length > 0);
      expect(heard).toEqual([['after', { kind: 'node', name: 'minion.1' }]]);
      expect(problems).toEqual([
        expect.stringMatching(/invalid signal note: must be JSON: /),
        'Error: invalid signal note: reason is required',
        'Error: invalid signal note: must be a JSON object',
      ]);
    });

    it('reach the next listener although one threw, and the one that threw hears the next', async () => {
      const problems: string[] = [];
      const listener = await nats.bus('listener', undefined, { onError: (error) => problems.push(String(error)) });
      const heard: string[] = [];
      listener.hear(Note, ({ message }) => {
        heard.push(message);
        if (message === 'first') throw new Error('no idea');
      });
      await listener.connection.flush();
      for (const message of ['first', 'second']) api.tell(Note, note(message));
      await eventually(() => heard.length === 2);
      expect(problems).toEqual(['Error: no idea']);
    });
  });
});
