import type { Bus } from '@shiplog/bus';
import { HistoryQuery, type LogEvent, type ObjectKey } from '@shiplog/contracts';
import { eventually } from '@shiplog/testing';
import { Rig } from '../testing/rig';

describe('what every cluster has', () => {
  let rig: Rig;
  let bus: Bus;
  beforeAll(async () => {
    rig = await Rig.start();
    bus = await rig.nats.bus('spec');
  });
  afterAll(() => rig?.stop());

  const service: ObjectKey = { resource: 'services', namespace: 'default', name: 'kubernetes' };
  const history = async (key: ObjectKey): Promise<LogEvent[]> => (await bus.ask(HistoryQuery, { key })).events;

  it('says what it was made for: the namespace that it is in; the first namespaces come of nothing', async () => {
    const [namespace] = await history({ resource: 'namespaces', namespace: '', name: 'default' });
    expect(namespace).toMatchObject({ fact: 'Created', actor: 'system:shiplog:api' });
    expect(namespace?.cause).toBeUndefined();
    expect((await history(service)).at(-1)).toMatchObject({ fact: 'Created', cause: namespace?.position });
  });

  it('comes back when it is deleted, because of that', async () => {
    await rig.kubectl('delete service kubernetes');
    const [made, gone] = await eventually(async () => {
      const events = await history(service);
      return events[0]?.fact === 'Created' && events.length > 1 ? events : undefined;
    });
    expect(gone?.fact).toBe('Deleted');
    expect(made).toMatchObject({ fact: 'Created', cause: gone?.position });
  });
});
