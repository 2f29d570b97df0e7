import { DeleteObject, PositionQuery, type AnyCommand, type CommandReply, type Identity } from '@shiplog/contracts';
import { serve, TestNats } from '@shiplog/testing';
import { busOver, BusUnavailable, newCommandId, watchOf, type Bus } from '.';

const nodeOf = (name: string): Identity => ({ role: 'kubelet', name });
const deletion = (actor: string): AnyCommand => ({
  id: newCommandId(),
  type: 'DeleteObject',
  actor,
  data: { resource: 'pods', namespace: 'default', name: actor },
});

describe('identities that share a connection', () => {
  let nats: TestNats;
  let journal: Bus;
  let process: Bus;
  const errors: unknown[] = [];
  const over = (name: string): Bus => busOver(process.connection, nodeOf(name), (error) => errors.push(error));

  beforeAll(async () => {
    nats = await TestNats.start();
    journal = await nats.bus('journal', { role: 'journal', name: 'one' });
    process = await nats.bus('nodes', nodeOf('all'));
  });
  afterAll(() => nats.stop());

  it('ask and are answered each as itself, also several things at once', async () => {
    const senders: string[] = [];
    const served = await serve(journal, DeleteObject, (_, { principal }): CommandReply => {
      senders.push(principal?.name ?? '');
      return { ok: true, position: senders.length, events: 1 };
    });
    const replies = await Promise.all([over('n1').command(deletion('n1')), over('n2').command(deletion('n2'))]);
    expect(replies.map(({ ok }) => ok)).toEqual([true, true]);
    expect(senders.sort()).toEqual(['n1', 'n2']);
    served.close();
  });

  it('are told that nobody answers, and are answered by who comes later', async () => {
    const node = over('n3');
    await expect(node.ask(PositionQuery, {}, {}, { timeoutMs: 100 })).rejects.toThrow(BusUnavailable);
    const asked = node.ask(PositionQuery, {}, {}, { timeoutMs: 5_000 });
    const served = await serve(journal, PositionQuery, () => ({ position: 7, channels: {} }));
    expect(await asked).toMatchObject({ position: 7 });
    served.close();
  });

  it('hear of it when the connection is lost and back, and leave it to the others when they close', async () => {
    const [one, other] = [over('n4'), over('n5')];
    expect(watchOf(one.connection, () => undefined)).toBe(watchOf(process.connection, () => undefined));
    const served = await serve(journal, PositionQuery, () => ({ position: 8, channels: {} }));
    await one.ask(PositionQuery, {});
    await one.close();
    await expect(one.ask(PositionQuery, {}, {}, { timeoutMs: 200 })).rejects.toThrow();
    expect(await other.ask(PositionQuery, {})).toMatchObject({ position: 8 });
    served.close();
    expect(errors).toEqual([]);
  });
});
