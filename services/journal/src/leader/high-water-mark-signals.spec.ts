import type { Bus, Voice } from '@shiplog/bus';
import { ClusterState, hashResource, ViewFold, viewId } from '@shiplog/cluster';
import { Head, SCHEDULER_VIEW, type Message, type Signals, type StoredObject } from '@shiplog/contracts';
import { pino } from 'pino';
import { ChannelHeads } from '../writer/channel-heads';
import { HighWaterMarkSignals } from './high-water-mark-signals';

describe('proofs', () => {
  let told: Signals['head'][];
  let writer: { state: ClusterState; position: number };
  let signals: HighWaterMarkSignals;
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick'] });
    told = [];
    writer = { state: new ClusterState(), position: 0 };
    const bus = { tell: (message: Message, head: Signals['head']) => void (message === Head && told.push(head)) };
    const voice = { epoch: 1, holds: () => true };
    const logger = pino({ level: 'silent' });
    signals = new HighWaterMarkSignals(bus as Bus, voice as Voice, writer, new ChannelHeads(), logger);
    signals.start();
  });
  afterEach(() => {
    signals.stop();
    jest.useRealTimers();
  });

  /** Lets seconds pass, in each of which so many events come; answers how many proofs went out. */
  const proofsIn = async (seconds: number, eventsEach: number): Promise<number> => {
    const before = told.length;
    for (let second = 0; second < seconds; second++) {
      writer.position += eventsEach;
      jest.advanceTimersByTime(1_000);
      for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    }
    return told.slice(before).filter(({ hashes }) => hashes !== undefined).length;
  };

  it('come every five seconds while little happens, and none while nothing does', async () => {
    expect(await proofsIn(32, 10)).toBe(6);
    expect(await proofsIn(10, 0)).toBe(1);
    expect(await proofsIn(30, 0)).toBe(0);
  });

  it('come seldom in a rush, and in the first calm second after it', async () => {
    expect(await proofsIn(65, 1_000)).toBe(2);
    expect(await proofsIn(1, 0)).toBe(1);
    expect(told.at(-1)?.position).toBe(writer.position);
  });

  it('of views say of which position they will be, and a moment later what was kept of it', async () => {
    const spec = { containers: [], hostname: 'not kept' };
    const metadata = { name: 'a', uid: 'a', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' };
    const pod: StoredObject = { apiVersion: 'v1', kind: 'Pod', metadata, spec };
    writer.state.put('pods', pod);
    await proofsIn(59, 1);
    expect(told.some(({ views }) => views !== undefined)).toBe(false);
    await proofsIn(1, 1);
    const [noted, hashed] = told.filter(({ views }) => views !== undefined);
    expect(noted).toMatchObject({ position: 60, views: { at: 60 } });
    const kept = new ClusterState();
    kept.put('pods', new ViewFold(SCHEDULER_VIEW).trim('pods', pod));
    expect(hashed?.views?.hashes?.[viewId(SCHEDULER_VIEW)]).toEqual({ pods: hashResource(kept, 'pods') });
    await proofsIn(200, 0);
    expect(told.filter(({ views }) => views !== undefined)).toHaveLength(2);
  });
});
