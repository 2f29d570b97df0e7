import type { Bus } from '@shiplog/bus';
import { ObjectQuery, type AnyCommand, type ResourceQuota } from '@shiplog/contracts';
import { createNamespace, createPodOn, freshId, removePod } from './testing/commands';
import { TestJournals } from './testing/journals';

const CLIENTS = 64;
const ROUNDS = 6;
const PODS = 100;
const EXCEEDED = /is forbidden: exceeded quota: tight, requested: pods=1, used: pods=100, limited: pods=100$/;
const KEY = { resource: 'resourcequotas', namespace: 'default', name: 'tight' } as const;

let parts: TestJournals;
let buses: Bus[];

beforeAll(async () => {
  parts = await TestJournals.start();
  await parts.journal('main');
  buses = await Promise.all(Array.from({ length: CLIENTS }, (_, i) => parts.nats.bus(`client ${i}`)));
  for (const given of [createNamespace('default'), createQuota()]) {
    expect(await buses[0]!.command(given)).toMatchObject({ ok: true });
  }
}, 60_000);
afterAll(() => parts.stop());

function createQuota(): AnyCommand {
  const { name, ...place } = KEY;
  const object = {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name },
    spec: { hard: { pods: String(PODS) } },
  };
  return { id: freshId(), type: 'CreateObject', actor: 'admin', data: { ...place, object } };
}

async function used(): Promise<string | undefined> {
  const { object } = await buses[0]!.ask(ObjectQuery, { key: KEY });
  return (object as ResourceQuota).status?.used?.['pods'];
}

describe('a quota', () => {
  it('is never overdrawn by clients who all want the rest at once, and its status is true at once', async () => {
    const names: string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const replies = await Promise.all(
        buses.map(async (bus, i) => {
          const name = `p-${round}-${i}`;
          return { name, reply: await bus.command(createPodOn('n', name), { timeoutMs: 20_000 }) };
        }),
      );
      for (const { name, reply } of replies) {
        if (reply.ok) names.push(name);
        else expect(reply.status.message).toMatch(EXCEEDED);
      }
    }
    expect(names).toHaveLength(PODS);
    expect(await used()).toBe(String(PODS));
    const gone = names.slice(0, CLIENTS);
    await Promise.all(gone.map((name, i) => buses[i]!.command(removePod(name))));
    expect(await used()).toBe(String(PODS - CLIENTS));
    const again = await Promise.all([...buses, ...buses].map((bus, i) => bus.command(createPodOn('n', `again-${i}`))));
    expect(again.filter(({ ok }) => ok)).toHaveLength(CLIENTS);
    expect(await used()).toBe(String(PODS));
  });
});
