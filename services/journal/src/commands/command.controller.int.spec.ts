import type { Bus } from '@shiplog/bus';
import { EventsQuery, subjects, type AnyCommand, type CommandReply } from '@shiplog/contracts';
import { eventually } from '@shiplog/testing';
import { createConfigMap, createNamespace, deleteConfigMap, patchConfigMap } from '../testing/commands';
import { TestJournals } from '../testing/journals';

let parts: TestJournals;
let bus: Bus;

beforeAll(async () => {
  parts = await TestJournals.start();
  await parts.journal('main');
  bus = await parts.nats.bus();
  await bus.command(createNamespace('default'));
});
afterAll(() => parts.stop());

const asDryRun = (command: AnyCommand): AnyCommand =>
  ({ ...command, data: { ...command.data, dryRun: true } }) as AnyCommand;
const objectOf = (reply: CommandReply): { data?: { text?: string } } => ((reply.ok && reply.object) || {}) as never;

describe('commands of one tick', () => {
  it('are each answered whole, though the replies of all are more than a message holds', async () => {
    const text = 'x'.repeat(4_000);
    const dryRuns = Array.from({ length: 250 }, (_, i) => asDryRun(createConfigMap(`dry-${i}`, { text })));
    const [made, ...dry] = await Promise.all(
      [createConfigMap('among-them'), ...dryRuns].map((item) => bus.command(item, { timeoutMs: 5_000 })),
    );
    expect(made).toMatchObject({ ok: true, events: 1 });
    expect(dry.map((reply) => objectOf(reply).data?.text)).toEqual(dryRuns.map(() => text));
  });

  it('whose replies are much larger than themselves are too', async () => {
    const text = '漢'.repeat(200_000);
    await bus.command(createConfigMap('large', { text }));
    const patches = Array.from({ length: 12 }, (_, i) => asDryRun(patchConfigMap('large', { n: `${i}` })));
    const replies = await Promise.all(patches.map((item) => bus.command(item, { timeoutMs: 5_000 })));
    expect(replies.map((reply) => objectOf(reply).data)).toEqual(patches.map((_, n) => ({ text, n: `${n}` })));
  });

  it('of one sender who waits for no answer keep their order, also those of different types', async () => {
    const commands = [
      createConfigMap('again'),
      deleteConfigMap('again'),
      createConfigMap('again', { second: 'yes' }),
      patchConfigMap('again', { third: 'yes' }),
    ];
    for (const command of commands) {
      bus.connection.publish(subjects.command(command.type, bus.principal), Buffer.from(JSON.stringify(command)));
    }
    const facts = await eventually(async () => {
      const { events } = await bus.ask(EventsQuery, { channels: [{ resource: 'configmaps' }], after: 0 });
      const own = events.filter(({ name }) => name === 'again').map(({ fact }) => fact);
      return own.length >= commands.length ? own : undefined;
    });
    expect(facts).toEqual(['Created', 'Deleted', 'Created', 'SpecChanged']);
  });
});
