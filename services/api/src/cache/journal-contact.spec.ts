import { JournalContact } from './journal-contact';

describe('JournalContact', () => {
  /** A journal that sends heads and answers questions while it is there. */
  const journal = { isThere: true, asked: 0, head: (): void => undefined };
  const bus = {
    hear: (_: unknown, handler: () => void) => {
      journal.head = handler;
      return { unsubscribe: () => (journal.head = () => undefined) };
    },
    ask: () => {
      journal.asked++;
      return journal.isThere ? Promise.resolve({ position: 1 }) : Promise.reject(new Error('no answer'));
    },
  };
  let contact: JournalContact;
  beforeEach(() => {
    jest.useFakeTimers();
    Object.assign(journal, { isThere: true, asked: 0 });
    contact = new JournalContact(bus as never, { journalSilence: 5_000 });
    contact.onApplicationBootstrap();
  });
  afterEach(() => {
    contact.onApplicationShutdown();
    jest.useRealTimers();
  });

  it('needs no questions while heads come', async () => {
    for (let second = 0; second < 20; second++) {
      await jest.advanceTimersByTimeAsync(1_000);
      journal.head();
      expect(contact.staleReason()).toBeUndefined();
    }
    expect(journal.asked).toBe(0);
  });

  it('asks a journal that says nothing by itself', async () => {
    await jest.advanceTimersByTimeAsync(60_000);
    expect(contact.staleReason()).toBeUndefined();
    expect(journal.asked).toBeGreaterThan(10);
  });

  it('is lost after so much silence, and found with the next word', async () => {
    journal.isThere = false;
    await jest.advanceTimersByTimeAsync(4_900);
    expect(contact.staleReason()).toBeUndefined();
    await jest.advanceTimersByTimeAsync(2_100);
    expect(contact.staleReason()).toBe('nothing was heard from the journal, which keeps the log, for 7 s');
    journal.head();
    expect(contact.staleReason()).toBeUndefined();
  });
});
