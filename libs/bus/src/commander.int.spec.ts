import { Batch, CreateObject, type AnyCommand, type CommandReply } from '@shiplog/contracts';
import { eventually, NatsProxy, serve, TestNats } from '@shiplog/testing';
import { newCommandId, type Bus } from '.';

const MAX_PAYLOAD = 1_048_576;
const configMap = (name: string, value: string): AnyCommand => ({
  id: newCommandId(),
  type: 'CreateObject',
  actor: 'test',
  data: {
    resource: 'configmaps',
    namespace: 'default',
    object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { value } },
  },
});
const accepted: CommandReply = { ok: true, position: 1, events: 1 };

describe('commands over a real server', () => {
  let nats: TestNats;
  let proxy: NatsProxy;
  let bus: Bus;
  let journal: Bus;
  beforeEach(async () => {
    nats = await TestNats.start();
    proxy = await NatsProxy.start(nats.port);
    bus = await nats.bus('api', undefined, { url: proxy.url });
    journal = await nats.bus('journal', { role: 'journal', name: 'one' });
  });
  afterEach(async () => {
    await nats.stop();
    await proxy.stop();
  });

  it('of 900 kB in Chinese, two at once with a tiny one, are all answered', async () => {
    await serve(journal, Batch, (batch) => (batch as unknown[]).map(() => accepted));
    await serve(journal, CreateObject, () => accepted);
    const large = '漢'.repeat(300_000);
    const commands = [configMap('a', large), configMap('b', large), configMap('c', 'tiny')];
    expect(await Promise.all(commands.map((item) => bus.command(item)))).toEqual([accepted, accepted, accepted]);
  });

  it('that are too large for a message fail alone', async () => {
    await serve(journal, Batch, (batch) => (batch as unknown[]).map(() => accepted));
    await serve(journal, CreateObject, () => accepted);
    const commands = [
      configMap('a', ''),
      configMap('b', 'x'.repeat(MAX_PAYLOAD)),
      configMap('c', ''),
      configMap('d', ''),
    ];
    const outcomes = await Promise.allSettled(commands.map((item) => bus.command(item)));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect(outcomes[1]).toMatchObject({ reason: { code: 'MAX_PAYLOAD_EXCEEDED' } });
  });

  it('are repeated less and less often while nobody answers', async () => {
    const asked: number[] = [];
    const began = performance.now();
    await serve(journal, CreateObject, () => {
      asked.push(Math.round((performance.now() - began) / 700));
      return new Promise(() => undefined);
    });
    await expect(bus.command(configMap('a', ''), { timeoutMs: 8_000 })).rejects.toThrow('no answer');
    expect(asked).toEqual([0, 1, 3, 7]);
  });

  it('whose answer was lost with the connection are asked again as soon as it is back', async () => {
    let asked = 0;
    await serve(journal, CreateObject, async () => {
      asked++;
      if (asked < 3) await new Promise(() => undefined);
      return accepted;
    });
    const reply = bus.command(configMap('a', ''));
    const began = performance.now();
    await eventually(() => asked === 2, { everyMs: 10 });
    proxy.cut();
    await expect(reply).resolves.toEqual(accepted);
    expect(performance.now() - began).toBeLessThan(1_900);
  });

  it('in a batch are answered by all parts of its answer, also when one was lost and had to be asked for again', async () => {
    let lost = false;
    proxy.toClient = (subject, payload) => {
      if (lost || !subject.startsWith('_INBOX.') || !payload.includes('"from":1')) return 'pass';
      lost = true;
      return 'drop';
    };
    await serve(journal, Batch, (batch, message) => {
      const commands = batch as unknown[];
      commands.forEach((_, from) => message.respond({ from, replies: [{ ...accepted, position: from }] }));
      // The last part, again: whoever serves in a test answers in one.
      return { from: 2, replies: [{ ...accepted, position: 2 }] };
    });
    const replies = await Promise.all(['a', 'b', 'c'].map((name) => bus.command(configMap(name, ''))));
    expect(replies.map((reply) => reply.ok && reply.position)).toEqual([0, 1, 2]);
    expect(lost).toBe(true);
  });
});
