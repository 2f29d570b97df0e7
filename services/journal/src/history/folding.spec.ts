import { ClusterState, excerptsOf, FoldError, hashCluster } from '@shiplog/cluster';
import type { LogEvent } from '@shiplog/contracts';
import type { LateEvent } from '../database/logged-row';
import { SyntheticLog } from '../testing/synthetic-log';
import { ChannelHeads } from '../writer/channel-heads';
import { Folding } from './folding';

const EVENTS = [...new SyntheticLog(20).commits(1_500, 100)].flatMap(({ events }) => events);
const empty = () => ({ state: new ClusterState(), position: 0, channels: {} });

describe('folding', () => {
  let read: LogEvent[] = [];
  const late = (event: LogEvent): LateEvent => ({ ...event, read: () => (read.push(event), event) });
  const fold = (folding: Folding, events: readonly LogEvent[]) => {
    for (let i = 0; i < events.length; i += 100) folding.take(events.slice(i, i + 100).map(late));
    return folding.fold();
  };
  beforeEach(() => (read = []));

  it.each([0, 700])('comes to what folding at once does, from position %d on', (from) => {
    const atOnce = new ClusterState();
    const channels = new ChannelHeads();
    const apply = (events: readonly LogEvent[]) =>
      events.forEach((event) => (atOnce.apply(event), channels.follow(event, excerptsOf(event))));
    apply(EVENTS.slice(0, from));
    const begun = { state: atOnce.copy(), position: from, channels: channels.all() };
    const folded = fold(new Folding(begun), EVENTS.slice(from));
    apply(EVENTS.slice(from));
    expect(hashCluster(folded.state)).toBe(hashCluster(atOnce));
    expect([folded.position, folded.channels]).toEqual([EVENTS.length, channels.all()]);
  });

  it('reads nothing of what is gone again', () => {
    const { state } = fold(new Folding(empty()), EVENTS);
    const gone = read.filter(({ resource, namespace, name }) => state.get(resource, namespace, name) === undefined);
    expect(gone).toEqual([]);
    expect(read.length).toBeLessThan(EVENTS.length / 2);
  });

  it('keeps no more than some events of what changes all the time', () => {
    const made = EVENTS.find(({ resource, fact }) => resource === 'pods' && fact === 'Created') as LogEvent;
    const { state } = new Folding(empty()).fold();
    const folding = new Folding({ state, position: 0, channels: {} });
    const labels = (at: number): LogEvent => ({
      ...made,
      fact: 'MetadataChanged',
      position: at,
      data: { changes: { metadata: { in: { labels: { in: { at: { set: String(at) } } } } } } },
    });
    folding.take([late({ ...made, position: 1 })]);
    for (let at = 2; at <= 100; at++) folding.take([late(labels(at))]);
    expect(read).toHaveLength(96);
    expect(folding.fold().state.get('pods', made.namespace, made.name)?.metadata).toMatchObject({
      labels: { at: '100' },
      resourceVersion: '100',
    });
  });

  it('refuses the change of what is not there, also of what is gone', () => {
    const made = EVENTS.find(({ resource, fact }) => resource === 'pods' && fact === 'Created') as LogEvent;
    const changed: LogEvent = { ...made, fact: 'MetadataChanged', position: 3, data: { changes: {} } };
    const gone: LogEvent = { ...made, fact: 'Deleted', position: 2, data: {} };
    expect(() => fold(new Folding(empty()), [changed])).toThrow(FoldError);
    expect(() => fold(new Folding(empty()), [{ ...made, position: 1 }, gone, changed])).toThrow(FoldError);
  });

  it('takes what is made again under the name of what is gone for another', () => {
    const made = EVENTS.find(({ resource, fact }) => resource === 'pods' && fact === 'Created') as LogEvent;
    const gone: LogEvent = { ...made, fact: 'Deleted', position: 2, data: {} };
    const again: LogEvent = { ...made, position: 3 };
    const { state } = fold(new Folding(empty()), [{ ...made, position: 1 }, gone, again]);
    expect(state.get('pods', made.namespace, made.name)?.metadata.resourceVersion).toBe('3');
    expect(read).toEqual([again]);
  });
});
