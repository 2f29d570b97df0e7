import { ClusterState, FoldError, hashCluster } from '@shiplog/cluster';
import type { LogEvent } from '@shiplog/contracts';
import type { LateEvent } from '../database/event-row';
import { SyntheticLog } from '../testing/synthetic-log';
import { LateFolding } from './late-folding';
import { Folding } from './load';

const EVENTS = [...new SyntheticLog(20).commits(1_500, 100)].flatMap(({ events }) => events);
const empty = () => ({ state: new ClusterState(), position: 0, channels: {} });

describe('folding late', () => {
  let read: LogEvent[] = [];
  const late = (event: LogEvent): LateEvent => ({ ...event, read: () => (read.push(event), event) });
  const fold = (folding: LateFolding, events: readonly LogEvent[]) => {
    for (let i = 0; i < events.length; i += 100) folding.take(events.slice(i, i + 100).map(late));
    return folding.fold();
  };
  beforeEach(() => (read = []));

  it.each([0, 700])('comes to what folding at once does, from position %d on', (from) => {
    const before = new Folding(empty());
    before.take(EVENTS.slice(0, from));
    const { state, position, channels } = before.at();
    const folded = fold(new LateFolding({ state: state.copy(), position, channels }), EVENTS.slice(from));
    before.take(EVENTS.slice(from));
    const expected = before.at();
    expect(hashCluster(folded.state)).toBe(hashCluster(expected.state));
    expect([folded.position, folded.channels]).toEqual([expected.position, expected.channels]);
  });

  it('reads nothing of what is gone again', () => {
    const { state } = fold(new LateFolding(empty()), EVENTS);
    const gone = read.filter(({ resource, namespace, name }) => state.get(resource, namespace, name) === undefined);
    expect(gone).toEqual([]);
    expect(read.length).toBeLessThan(EVENTS.length / 2);
  });

  it('keeps no more than some events of what changes all the time', () => {
    const made = EVENTS.find(({ resource, fact }) => resource === 'pods' && fact === 'Created') as LogEvent;
    const { state } = new LateFolding(empty()).fold();
    const folding = new LateFolding({ state, position: 0, channels: {} });
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
    expect(() => fold(new LateFolding(empty()), [changed])).toThrow(FoldError);
    expect(() => fold(new LateFolding(empty()), [{ ...made, position: 1 }, gone, changed])).toThrow(FoldError);
  });

  it('takes what is made again under the name of what is gone for another', () => {
    const made = EVENTS.find(({ resource, fact }) => resource === 'pods' && fact === 'Created') as LogEvent;
    const gone: LogEvent = { ...made, fact: 'Deleted', position: 2, data: {} };
    const again: LogEvent = { ...made, position: 3 };
    const { state } = fold(new LateFolding(empty()), [{ ...made, position: 1 }, gone, again]);
    expect(state.get('pods', made.namespace, made.name)?.metadata.resourceVersion).toBe('3');
    expect(read).toEqual([again]);
  });
});
