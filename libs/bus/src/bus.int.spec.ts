import { subjects, type AnyCommand, type CommandReply } from '@shiplog/contracts';
import { TestNats } from '@shiplog/testing';
import { BusUnavailable, fromBytes, newCommandId, StatusError, toBytes, type Bus } from '.';

const command = (name: string): AnyCommand => ({
  id: newCommandId(),
  type: 'DeleteObject',
  actor: 'test',
  data: { resource: 'configmaps', namespace: 'default', name },
});

describe('the bus', () => {
  let nats: TestNats;
  let bus: Bus;
  beforeAll(async () => {
    nats = await TestNats.start();
    bus = await nats.bus();
  });
  afterAll(() => nats.stop());

  it('commands of one tick travel in one message and each gets its own answer', async () => {
    const server = await nats.bus('journal');
    const sizes: number[] = [];
    const subscription = server.connection.subscribe(subjects.commandBatch, {
      callback: (_, message) => {
        const commands = fromBytes<AnyCommand[]>(message.data);
        sizes.push(commands.length);
        message.respond(toBytes(commands.map((_, i): CommandReply => ({ ok: true, position: i + 1, events: 1 }))));
      },
    });
    await server.connection.flush();
    const replies = await Promise.all(['a', 'b', 'c'].map((name) => bus.command(command(name))));
    expect(sizes).toEqual([3]);
    expect(replies.map((reply) => reply.ok && reply.position)).toEqual([1, 2, 3]);
    subscription.unsubscribe();
  });

  it('a command waits for a journal that comes later', async () => {
    const reply = bus.command(command('late'));
    const server = await nats.bus('journal');
    const subscription = server.connection.subscribe(subjects.command('DeleteObject'), {
      callback: (_, message) => void message.respond(toBytes({ ok: true, position: 5, events: 1 })),
    });
    await expect(reply).resolves.toMatchObject({ position: 5 });
    subscription.unsubscribe();
  });

  it('an answer that takes long is heard, although it was asked for again meanwhile', async () => {
    let asked = 0;
    const subscription = bus.serve('test.slow', async () => {
      asked++;
      await new Promise((resolve) => setTimeout(resolve, 1_600));
      return { answer: asked };
    });
    const began = Date.now();
    await expect(bus.request('test.slow', {})).resolves.toBeDefined();
    expect(Date.now() - began).toBeLessThan(2_400);
    expect(asked).toBe(2);
    subscription.unsubscribe();
  });

  it('asks again when the one who owed an answer died', async () => {
    const dead = bus.connection.subscribe('test.dies', { max: 1 });
    const answer = bus.request('test.dies', {});
    for await (const _ of dead) break;
    const heir = bus.serve('test.dies', () => Promise.resolve({ from: 'heir' }));
    await expect(answer).resolves.toEqual({ from: 'heir' });
    heir.unsubscribe();
  });

  it('says so when nobody answers in time', async () => {
    await expect(bus.command(command('nobody'), { timeoutMs: 100 })).rejects.toThrow(BusUnavailable);
  });

  it('a failure on the other side arrives as its Status', async () => {
    const gone = { code: 410, reason: 'Expired', message: 'too old' };
    bus.serve('test.fails', () => Promise.reject(new StatusError(gone)));
    await expect(bus.request('test.fails', {})).rejects.toMatchObject({ status: gone });
  });

  it('a stream arrives whole and in order, and its writer waits for a slow reader', async () => {
    let written = 0;
    bus.serveStream('test.stream', async (request, stream) => {
      for (let i = 0; i < (request as { count: number }).count; i++) {
        await stream.write(Buffer.from(`${i}\n`));
        written++;
      }
    });
    const chunks: string[] = [];
    let lead = 0;
    for await (const chunk of bus.openStream('test.stream', { count: 1_000 })) {
      chunks.push(Buffer.from(chunk).toString());
      lead = Math.max(lead, written - chunks.length);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(chunks.join('')).toBe(Array.from({ length: 1_000 }, (_, i) => `${i}\n`).join(''));
    expect(lead).toBeLessThan(200);
  });

  it('a reader that turns away stops the writer', async () => {
    const stopped = new Promise<void>((resolve) => {
      bus.serveStream('test.endless', async (_, stream) => {
        stream.signal.addEventListener('abort', () => resolve());
        while (!stream.signal.aborted) await stream.write(Buffer.from('x'));
      });
    });
    for await (const _ of bus.openStream('test.endless', {})) break;
    await stopped;
  });

  it("the writer's failure reaches the reader, after what was written", async () => {
    bus.serveStream('test.broken', async (_, stream) => {
      await stream.write(Buffer.from('first'));
      throw new StatusError({ code: 404, message: 'no such container' });
    });
    const read: string[] = [];
    await expect(
      (async () => {
        for await (const chunk of bus.openStream('test.broken', {})) read.push(Buffer.from(chunk).toString());
      })(),
    ).rejects.toThrow('no such container');
    expect(read).toEqual(['first']);
  });

  it('a stream that nobody serves fails at once', async () => {
    const read = async () => {
      for await (const _ of bus.openStream('test.nobody', {})) throw new Error('unexpected');
    };
    await expect(read()).rejects.toThrow(BusUnavailable);
  });
});
