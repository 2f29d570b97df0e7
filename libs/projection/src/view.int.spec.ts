import { ClusterState, hashResource, trim, viewId } from '@shiplog/cluster';
import type { FieldMask, View } from '@shiplog/contracts';
import { eventually, TestNats } from '@shiplog/testing';
import { pino } from 'pino';
import { Projection } from './projection';
import { Publisher } from './testing/publisher';

const conditions: FieldMask = { only: ['Ready'], fields: { status: {} } };
const mask: FieldMask = { fields: { metadata: {}, data: { fields: { value: {} } }, conditions } };
const keep: View = { name: 'spec', resources: { configmaps: mask } };

describe('a projection that keeps a part of each object', () => {
  let nats: TestNats;
  let publisher: Publisher;
  let projection: Projection;

  beforeEach(async () => {
    nats = await TestNats.start();
    publisher = await Publisher.start(await nats.bus('journal', { role: 'journal', name: 'one' }));
    publisher.create('first');
    const channels = [{ resource: 'configmaps' }] as const;
    projection = await Projection.open(await nats.bus('service'), {
      channels,
      keep,
      logger: pino({ level: 'silent' }),
    });
  });
  afterEach(async () => {
    await projection.close();
    await nats.stop();
  });

  /** What is kept of the journal's objects. */
  const kept = (): ClusterState => {
    const state = new ClusterState();
    for (const object of publisher.state.values('configmaps')) state.put('configmaps', trim(object, mask) as never);
    return state;
  };
  const settled = async (): Promise<void> => {
    await eventually(() => projection.position === publisher.log.length);
    expect(hashResource(projection.state, 'configmaps')).toBe(hashResource(kept(), 'configmaps'));
  };
  /** A journal's proof of the view, as long as which it takes events go on. */
  const prove = (during: () => void = () => undefined): void => {
    const at = publisher.log.length;
    const hashes = { [viewId(keep)]: { configmaps: hashResource(kept(), 'configmaps') } };
    publisher.head({ at });
    during();
    publisher.head({ at, hashes });
  };

  it('keeps that of what it loads, hears and fetches', async () => {
    expect(projection.get('configmaps', 'default', 'first')).not.toHaveProperty('kind');
    publisher.publish(publisher.create('second'), publisher.change('second', 'x'));
    await settled();
    expect(projection.get('configmaps', 'default', 'second')?.data).toEqual({ value: 'x' });
    publisher.create('lost');
    publisher.publish(publisher.change('lost', 'y'));
    await settled();
    expect(projection.statistics.gaps).toBe(1);
  });

  it('is proved, also while events go on, and loads anew when it differs', async () => {
    prove(() => publisher.publish(publisher.create('meanwhile')));
    await eventually(() => projection.statistics.hashesProved === 1);
    const bent = { ...projection.get('configmaps', 'default', 'first'), data: { value: 'bent' } };
    projection.state.put('configmaps', bent as never);
    prove();
    await eventually(() => projection.statistics.hashesFailed === 1);
    await eventually(() => projection.get('configmaps', 'default', 'first')?.data === undefined);
    await settled();
  });

  it('has no verdict on a view that another release declared otherwise, or of a position that it did not note', async () => {
    const at = publisher.log.length;
    publisher.head({ at });
    publisher.head({ at, hashes: { 'spec-of-another': { configmaps: 'different' } } });
    publisher.head({ at: at - 1 });
    publisher.head({ at: at - 1, hashes: { [viewId(keep)]: { configmaps: 'different' } } });
    await settled();
    prove();
    await eventually(() => projection.statistics.hashesProved === 1);
    expect(projection.statistics).toMatchObject({ hashesFailed: 0, reloads: 1 });
  });

  it('loads what it can not fold: conditions that are told apart by something else than their type', async () => {
    const named = (status: string) => [{ name: 'a', type: 'Ready', status }];
    publisher.publish(publisher.append('SpecChanged', 'first', { changes: { conditions: { set: named('False') } } }));
    await settled();
    const items = [{ key: ['a'], in: { status: { set: 'True' } } }];
    publisher.publish(publisher.append('SpecChanged', 'first', { changes: { conditions: { by: ['name'], items } } }));
    publisher.head();
    await settled();
    expect(projection.get('configmaps', 'default', 'first')).toMatchObject({ conditions: named('True') });
    publisher.publish(publisher.create('after'));
    await settled();
  });
});
