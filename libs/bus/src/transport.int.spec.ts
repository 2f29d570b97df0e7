import { Controller, Module, type Type } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import {
  StatusError,
  Attach,
  CreateObject,
  Detach,
  PolicyDrops,
  Health,
  inboxOf,
  messageId,
  Note,
  PositionQuery,
  StateQuery,
  subjects,
  type PayloadOf,
  type Signals,
} from '@shiplog/contracts';
import { StatusFilter } from '@shiplog/service';
import { eventually, TestNats } from '@shiplog/testing';
import { pino } from 'pino';
import {
  BusMessage,
  Command,
  fromBytes,
  NatsTransport,
  NodeRequest,
  Query,
  Signal,
  StreamContext,
  toBytes,
  type Bus,
} from '.';

const NODE = 'minion.1';
const heard: unknown[] = [];

/** A journal that says who asked. */
@Controller()
class Journal {
  @Command(CreateObject)
  create(@Payload() payload: unknown, @Ctx() { principal }: BusMessage) {
    heard.push(payload);
    if ((payload as { id: string }).id === 'defect') throw new TypeError('no idea');
    return { ok: true, position: 1, events: 1, uid: `${principal?.kind}.${principal?.name}` };
  }

  @Query(PositionQuery)
  async position({ channels = [] }: PayloadOf<typeof PositionQuery>) {
    heard.push(channels);
    if (channels.length > 1) throw new StatusError({ code: 410, reason: 'Expired', message: 'too old' });
    return Promise.resolve({ position: 1, channels: {} });
  }

  @Query(StateQuery, { whileLeading: true })
  async state(@Payload() _: unknown, @Ctx() { sink }: StreamContext) {
    await sink.write(toBytes({ position: 1, objects: [] }));
  }
}

@Controller()
class Network {
  @NodeRequest(Attach)
  attach(payload: unknown) {
    heard.push(payload);
    return { ip: '10.0.0.2', gateway: '10.0.0.1' };
  }
}

@Controller()
class Api {
  @Signal(Note)
  note(note: Signals['note']) {
    heard.push(note.message);
  }
}

@Controller()
class OtherApi {
  @Signal(Note)
  note(note: Signals['note']) {
    heard.push(`too: ${note.message}`);
  }
}

@Controller()
class AnotherJournal {
  @Query(PositionQuery)
  position() {
    return { position: 2, channels: {} };
  }
}

describe("handlers on Nest's transport", () => {
  let nats: TestNats;
  let api: Bus;
  let problems: string[];
  const open: { close(): Promise<unknown> }[] = [];
  beforeAll(async () => {
    nats = await TestNats.start();
    api = await nats.bus();
  });
  beforeEach(() => {
    heard.length = 0;
    problems = [];
  });
  afterEach(async () => {
    for (const app of open.splice(0)) await app.close();
  });
  afterAll(() => nats.stop());

  const onError = (error: unknown): unknown => problems.push(String(error));
  const serving = async (bus: Bus, controllers: Type[], complete = false): Promise<NatsTransport> => {
    @Module({ controllers })
    class Served {}
    const transport = new NatsTransport(bus, { complete });
    const module = await Test.createTestingModule({ imports: [Served] }).compile();
    const app = module.createNestMicroservice({ strategy: transport, logger: false });
    app.useGlobalFilters(new StatusFilter(pino({ level: 'silent' })));
    open.push(app);
    await app.listen();
    await bus.connection.flush();
    return transport;
  };
  const journal = () => nats.bus('journal', { role: 'journal', name: 'one' }, { onError });
  const network = () => nats.bus('network', { role: 'network', name: NODE }, { onError });

  const GARBAGE: [string, Uint8Array, RegExp][] = [
    ['cut JSON', Buffer.from('{"id":'), /must be JSON: /],
    ['an empty payload', new Uint8Array(), /must be a JSON object$/],
    ['bytes that are no text', Uint8Array.from([0xff, 0xfe, 0x00, 0x80]), /must be JSON: /],
    ['null', Buffer.from('null'), /must be a JSON object$/],
    ['a list', Buffer.from('[]'), /must be a JSON object$/],
    [
      'deep nesting',
      Buffer.from('['.repeat(50_000) + ']'.repeat(50_000)),
      /is nested too deeply: at most 210 levels are allowed$/,
    ],
  ];
  const raw = async (subject: string, payload: Uint8Array): Promise<unknown> =>
    fromBytes((await api.connection.request(subject, payload, { timeout: 2_000 })).data);
  const status = (title: string, message: RegExp) => ({
    code: 400,
    reason: 'BadRequest',
    message: expect.stringMatching(new RegExp(`^${title}: ${message.source}`)) as string,
  });
  const create = (id: string) => ({
    id,
    type: 'CreateObject' as const,
    actor: 'someone',
    data: { resource: 'pods' as const, namespace: 'default', object: { metadata: { name: 'web' } } as never },
  });

  it.each(GARBAGE)(
    '%s as a command is answered with 400 and the reason; the next is decided',
    async (_, bytes, reason) => {
      await serving(await journal(), [Journal]);
      const reply = await raw(subjects.command('CreateObject', api.principal), bytes);
      expect(reply).toMatchObject({ ok: false, status: status('invalid command CreateObject', reason) });
      await expect(api.command(create('next'))).resolves.toMatchObject({ ok: true, uid: 'api.test' });
      expect(heard).toEqual([create('next')]);
      expect(problems).toEqual([]);
    },
  );

  it.each(GARBAGE)(
    '%s as a question is answered with 400 and the reason; the next is answered',
    async (_, bytes, reason) => {
      await serving(await journal(), [Journal]);
      const reply = await raw(subjects.query('position', api.principal), bytes);
      expect(reply).toMatchObject({ failed: status('invalid query position', reason) });
      await expect(api.ask(PositionQuery, {})).resolves.toMatchObject({ position: 1 });
      expect(heard).toEqual([[]]);
      expect(problems).toEqual([]);
    },
  );

  it.each(GARBAGE)(
    '%s to a node is answered with 400 and the reason; the next is answered',
    async (_, bytes, reason) => {
      await serving(await network(), [Network]);
      const reply = await raw(subjects.node(NODE, 'attach'), bytes);
      expect(reply).toMatchObject({ failed: status('invalid request attach', reason) });
      const payload = { uid: 'u', namespace: 'default', name: 'web', pid: 7 };
      await expect(api.ask(Attach, payload, { node: NODE })).resolves.toMatchObject({ ip: '10.0.0.2' });
      expect(heard).toEqual([payload]);
      expect(problems).toEqual([]);
    },
  );

  it.each(GARBAGE)('%s as a signal is told once; the next is heard', async (_, bytes, reason) => {
    await serving(await nats.bus('hearing', undefined, { onError }), [Api]);
    const kubelet = await nats.bus('kubelet', { role: 'kubelet', name: NODE });
    kubelet.connection.publish(subjects.signal('note', kubelet.principal), bytes);
    kubelet.tell(Note, note('next'));
    await eventually(() => heard.length > 0);
    expect(heard).toEqual(['next']);
    expect(problems).toEqual([expect.stringMatching(new RegExp(`^Error: invalid signal note: ${reason.source}`))]);
  });

  it('nobody who waits for no answer gets one; what is wrong is told', async () => {
    await serving(await journal(), [Journal]);
    api.connection.publish(subjects.command('CreateObject', api.principal), Buffer.from('{}'));
    await eventually(() => problems.length > 0);
    expect(problems).toEqual(['Error: invalid command CreateObject: id is required']);
  });

  it('a defect of a handler is answered with 500 and the next message is answered', async () => {
    await serving(await journal(), [Journal]);
    await expect(api.command(create('defect'))).resolves.toMatchObject({ ok: false, status: { code: 500 } });
    await expect(api.command(create('next'))).resolves.toMatchObject({ ok: true });
  });

  it('a handler outside of Nest that throws at once is answered too, and in a batch it is told', async () => {
    const bus = await journal();
    const transport = new NatsTransport(bus, { complete: false });
    const refuse = () => (): never => {
      throw new StatusError({ code: 403, reason: 'Forbidden', message: 'not you' });
    };
    transport.addHandler(messageId(PositionQuery), refuse() as never);
    transport.addHandler(messageId(CreateObject), refuse() as never, false, { batch: true });
    transport.listen(() => undefined);
    await bus.connection.flush();
    await expect(api.ask(PositionQuery, {})).rejects.toMatchObject({ status: { code: 403 } });
    const command = {
      id: 'c',
      type: 'CreateObject',
      actor: 'a',
      data: { resource: 'pods', namespace: '', object: {} },
    };
    Object.assign(command.data.object, { metadata: {} });
    api.connection.publish(subjects.command('CreateObject', api.principal), toBytes(command));
    await eventually(() => problems.some((problem) => problem.includes('not you')));
    transport.close();
  });

  it("a handler's StatusError is the answer", async () => {
    await serving(await journal(), [Journal]);
    const asked = api.ask(PositionQuery, { channels: [{ resource: 'pods' }, { resource: 'nodes' }] });
    await expect(asked).rejects.toMatchObject({ status: { code: 410, message: 'too old' } });
  });

  it('a signal reaches every handler that it has', async () => {
    await serving(await nats.bus('hearing'), [Api, OtherApi]);
    api.tell(Note, note('both'));
    await eventually(() => heard.length === 2);
    expect(heard.sort()).toEqual(['both', 'too: both']);
  });

  it('what only a leader answers is answered between activate and deactivate', async () => {
    const bus = await journal();
    const transport = await serving(bus, [Journal]);
    const ask = async (): Promise<unknown> => {
      for await (const bytes of api.stream(StateQuery, { channels: [] }, {})) return fromBytes(bytes);
      return undefined;
    };
    await expect(ask()).rejects.toThrow('nobody listens');
    transport.activate();
    await bus.connection.flush();
    await expect(ask()).resolves.toEqual({ position: 1, objects: [] });
    transport.deactivate();
    await bus.connection.flush();
    await expect(ask()).rejects.toThrow('nobody listens');
  });

  describe('answer nobody but who asked', () => {
    const elsewhere = [
      ['an event', 'shiplog.v1.event.pods._.default.web.Deleted'],
      ['an inbox of another api', `${inboxOf({ role: 'api', name: 'test2' })}.x`],
      ['an inbox whose name begins like its own', `${inboxOf({ role: 'api', name: 'test' })}2.x`],
      ['an inbox of a node', `${inboxOf({ role: 'kubelet', name: 'test' })}.x`],
      ["another's stream", subjects.stream('kubelet.test', 'x')],
      ['a command', subjects.command('DeleteObject', { kind: 'journal', name: 'one' })],
    ];
    it.each(elsewhere)('when a question wants its answer to be %s', async (_, reply) => {
      await serving(await journal(), [Journal]);
      const spied: string[] = [];
      const spy = await nats.bus('spy');
      const subscription = spy.connection.subscribe(reply, {
        callback: (_, { data }) => void spied.push(String(data)),
      });
      await spy.connection.flush();
      api.connection.publish(subjects.query('position', api.principal), toBytes({}), { reply });
      api.connection.publish(subjects.query('position', api.principal), toBytes({ channels: 7 }), { reply });
      // One connection's messages are handled in order.
      await api.ask(PositionQuery, {});
      await spy.connection.flush();
      expect(spied).toEqual([]);
      subscription.unsubscribe();
    });

    it('also where the subject names nobody: answers to a node request go to inboxes and streams', async () => {
      await serving(await network(), [Network]);
      const spied: string[] = [];
      const spy = await nats.bus('spy');
      const event = 'shiplog.v1.event.pods._.default.web.Deleted';
      spy.connection.subscribe(event, { callback: (_, { data }) => void spied.push(String(data)) });
      await spy.connection.flush();
      const payload = { uid: 'u', namespace: 'default', name: 'web', pid: 7 };
      api.connection.publish(subjects.node(NODE, 'attach'), toBytes(payload), { reply: event });
      await api.ask(Attach, payload, { node: NODE });
      await spy.connection.flush();
      expect(spied).toEqual([]);
    });
  });

  describe('refuse the boot', () => {
    it('when a message that the service answers has no handler', async () => {
      const missing = [Detach, PolicyDrops, Health].map((message) => `network has no handler for ${id(message)}`);
      await expect(serving(await network(), [Network], true)).rejects.toThrow(missing.join('; '));
    });

    it('when a message has two handlers', async () => {
      await expect(serving(await journal(), [Journal, AnotherJournal])).rejects.toThrow(
        'query.position has two handlers; there must be one',
      );
    });

    it('when a handler is for a message that does not come to the service', async () => {
      await expect(serving(await network(), [Network, AnotherJournal])).rejects.toThrow(
        'query.position is not declared to come to network',
      );
    });
  });

  const id = ({ kind, name }: { kind: string; name: string }): string => `${kind}.${name}`;
  const note = (message: string): Signals['note'] => ({
    type: 'Normal',
    reason: 'Pulling',
    message,
    component: 'kubelet',
    host: NODE,
    about: { resource: 'pods', namespace: 'default', name: 'web', uid: 'u' },
  });
});
