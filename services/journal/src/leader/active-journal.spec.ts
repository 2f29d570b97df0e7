import { getEventListeners } from 'node:events';
import { Health } from '@shiplog/service';
import { Lease } from '../database/lease';
import { ActiveJournal } from './active-journal';

type Given = ConstructorParameters<typeof ActiveJournal>;

/** A journal that has its lease whenever it asks for it, and loses each term at once. */
function journalOfTerms(terms: number) {
  const listeners: number[] = [];
  let over: () => void = () => undefined;
  const done = new Promise<void>((resolve) => (over = resolve));
  jest.spyOn(Lease, 'acquire').mockImplementation((_, signal) => {
    listeners.push(getEventListeners(signal, 'abort').length);
    if (listeners.length === terms) over();
    const lease = { epoch: listeners.length, lost: Promise.resolve('lost'), release: () => Promise.resolve() };
    return Promise.resolve(lease as unknown as Lease);
  });
  const term = { over: Promise.resolve('lost'), end: () => Promise.resolve() };
  const journal = new ActiveJournal(
    { instance: 'journal-1', databaseUrl: 'postgres://nowhere', leaseTtl: 1_000 } as Given[0],
    { warn: () => undefined } as unknown as Given[1],
    new Health('journal', 'journal-1'),
    { open: () => Promise.resolve(), breakConnections: () => undefined } as unknown as Given[3],
    {} as Given[4],
    { begin: () => Promise.resolve(term) } as unknown as Given[5],
  );
  return { journal, listeners, done };
}

describe('ActiveJournal', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => {
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

  it('listens for its stop no more often after many terms than after one', async () => {
    const { journal, listeners, done } = journalOfTerms(12);
    journal.onApplicationBootstrap();
    await jest.advanceTimersByTimeAsync(60_000);
    await done;
    expect(listeners.at(-1)).toBe(listeners[0]);
    const stopped = journal.beforeApplicationShutdown();
    await jest.advanceTimersByTimeAsync(60_000);
    await stopped;
  });
});
