import type { Bus } from '@shiplog/bus';
import { Head, NodeHead, type PayloadOf } from '@shiplog/contracts';
import { eventually } from '@shiplog/testing';
import { createNamespace, createPodOn, removePod } from '../testing/commands';
import { TestJournals } from '../testing/journals';

describe('where the log is, as the journal tells it', () => {
  let parts: TestJournals;
  let bus: Bus;
  let heads: PayloadOf<typeof Head>[];
  beforeAll(async () => {
    parts = await TestJournals.start();
    bus = await parts.nats.bus();
    heads = [];
    bus.hear(Head, (head) => heads.push(head));
    await parts.journal('main');
    await bus.command(createNamespace('default'));
  });
  afterAll(() => parts.stop());

  it('goes to a node for its own channels, and to nobody else', async () => {
    const told: PayloadOf<typeof NodeHead>[] = [];
    const kubelet = await parts.nats.bus('n-1', { role: 'kubelet', name: 'n-1' });
    kubelet.hearForNode(NodeHead, (head) => told.push(head));
    await kubelet.connection.flush();
    const mine = await bus.command(createPodOn('n-1', 'mine'));
    const other = await bus.command(createPodOn('n-2', 'other'));
    if (!mine.ok || !other.ok) throw new Error('not created');
    await eventually(() => told.at(-1)?.channels['pods@n-1'] === mine.position);
    await eventually(() => heads.at(-1)?.position === other.position);
    expect(told.flatMap(({ channels }) => Object.keys(channels))).not.toContain('pods@n-2');
    expect(heads.at(-1)).toMatchObject({ epoch: 1, channels: { pods: other.position } });
  });

  it('does not grow with the names that nodes have had', async () => {
    const sizeOfNext = async (): Promise<number> => {
      const after = heads.length;
      await eventually(() => heads.length > after);
      return JSON.stringify(heads.at(-1)).length;
    };
    const before = await sizeOfNext();
    for (let round = 0; round < 4; round++) {
      const names = Array.from({ length: 250 }, (_, i) => `p-${round}-${i}`);
      await Promise.all(names.map((name) => bus.command(createPodOn(`ip-10-0-${name}.ec2.internal`, name))));
      await Promise.all(names.map((name) => bus.command(removePod(name))));
    }
    expect(await sizeOfNext()).toBeLessThan(before + 600);
  });

  it('is told at once to everybody when the journal was cut off', async () => {
    await parts.nats.pause('SIGKILL');
    await parts.nats.resume();
    const after = heads.length;
    const started = performance.now();
    await eventually(() => heads.length > after);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
