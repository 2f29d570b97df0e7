import { ClusterState, excerptsOf, FoldError, hashCluster } from '@shiplog/cluster';
import type { LogEvent, StoredObject } from '@shiplog/contracts';
import type { LateEvent } from '../database/logged-row';
import { SyntheticLog } from '../testing/synthetic-log';
import { ChannelHeads } from '../writer/channel-heads';
import { Folding } from './folding';

const EVENTS = [...new SyntheticLog(20).commits(1_500, 100)].flatMap(({ events }) => events);
const empty = () => ({ state: new ClusterState(), position: 0, channels: {} });

describe('folding', () => {
  let read: LogEvent[] = [];
  const late = (event: LogEvent, bytes = 1_000): LateEvent => ({
    ...event,
    bytes,
    read: () => (read.push(event), event),
  });
  const fold = async (folding: Folding, events: readonly LogEvent[], bytes?: number) => {
    for (let i = 0; i < events.length; i += 100) {
      await folding.take(events.slice(i, i + 100).map((event) => late(event, bytes)));
    }
    return folding.fold();
  };
  beforeEach(() => (read = []));

  it.each([
    [0, 1_000],
    [700, 1_000],
    [0, 1_000_000],
  ])('comes to what folding at once does, from position %d on, with %d bytes an event', async (from, bytes) => {
    const atOnce = new ClusterState();
    const channels = new ChannelHeads();
    const apply = (events: readonly LogEvent[]) =>
      events.forEach((event) => (atOnce.apply(event), channels.follow(event, excerptsOf(event))));
    apply(EVENTS.slice(0, from));
    const begun = { state: atOnce.copy(), position: from, channels: channels.all() };
    const folded = await fold(new Folding(begun), EVENTS.slice(from), bytes);
    apply(EVENTS.slice(from));
    expect(hashCluster(folded.state)).toBe(hashCluster(atOnce));
    expect([folded.position, folded.channels]).toEqual([EVENTS.length, channels.all()]);
  });

  it('reads nothing of what is gone again', async () => {
    const { state } = await fold(new Folding(empty()), EVENTS);
    const gone = read.filter(({ resource, namespace, name }) => state.get(resource, namespace, name) === undefined);
    expect(gone).toEqual([]);
    expect(read.length).toBeLessThan(EVENTS.length / 2);
  });

  it('keeps no more than some bytes of what stays', async () => {
    const made = EVENTS.find(({ resource, fact }) => resource === 'pods' && fact === 'Created') as LogEvent;
    const pods = Array.from({ length: 1_000 }, (_, i): LogEvent => {
      const object = { ...made.data.object, metadata: { ...made.data.object?.metadata, name: `pod-${i}` } };
      return { ...made, name: `pod-${i}`, position: i + 1, data: { object: object as StoredObject } };
    });
    const folding = new Folding(empty());
    for (const pod of pods.slice(0, 64)) await folding.take([late(pod, 1024 * 1024)]);
    expect(read).toHaveLength(0);
    for (const pod of pods.slice(64)) await folding.take([late(pod, 1024 * 1024)]);
    expect(read.length).toBeGreaterThan(pods.length - 65);
    const { state } = await folding.fold();
    expect(state.size('pods')).toBe(1_000);
    expect(read).toHaveLength(1_000);
  });

  it('keeps no more than some events of what changes all the time', async () => {
    const made = EVENTS.find(({ resource, fact }) => resource === 'pods' && fact === 'Created') as LogEvent;
    const folding = new Folding(empty());
    const labels = (at: number): LogEvent => ({
      ...made,
      fact: 'MetadataChanged',
      position: at,
      data: { changes: { metadata: { in: { labels: { in: { at: { set: String(at) } } } } } } },
    });
    await folding.take([late({ ...made, position: 1 })]);
    for (let at = 2; at <= 100; at++) await folding.take([late(labels(at))]);
    expect(new Set(read).size).toBeLessThan(98);
    const { state } = await folding.fold();
    expect(state.get('pods', made.namespace, made.name)?.metadata).toMatchObject({
      labels: { at: '100' },
      resourceVersion: '100',
    });
  });

  it('refuses the change of what is not there, also of what is gone', async () => {
    const made = EVENTS.find(({ resource, fact }) => resource === 'pods' && fact === 'Created') as LogEvent;
    const changed: LogEvent = { ...made, fact: 'MetadataChanged', position: 3, data: { changes: {} } };
    const gone: LogEvent = { ...made, fact: 'Deleted', position: 2, data: {} };
    await expect(fold(new Folding(empty()), [changed])).rejects.toThrow(FoldError);
    const again = fold(new Folding(empty()), [{ ...made, position: 1 }, gone, changed]);
    await expect(again).rejects.toThrow(FoldError);
  });

  it('takes what is made again under the name of what is gone for another', async () => {
    const made = EVENTS.find(({ resource, fact }) => resource === 'pods' && fact === 'Created') as LogEvent;
    const gone: LogEvent = { ...made, fact: 'Deleted', position: 2, data: {} };
    const again: LogEvent = { ...made, position: 3 };
    const { state } = await fold(new Folding(empty()), [{ ...made, position: 1 }, gone, again]);
    expect(state.get('pods', made.namespace, made.name)?.metadata.resourceVersion).toBe('3');
    expect(read).toEqual([again]);
  });
});
