import type { AnyCommand, CommandReply } from '@shiplog/contracts';
import { BusUnavailable } from './errors';
import { sendUntilAnswered } from './send-until-answered';

const COMMAND: AnyCommand = { id: 'c', type: 'BindPods', actor: 'a', data: { bindings: [] } };
const REPLY: CommandReply = { ok: true, position: 1, events: 0 };
const AWAY = new BusUnavailable('subject', 10_000, 'nobody listens');
const NEVER = new AbortController().signal;

/** A journal that does one thing after the other, the last of them from then on. */
function journalThat(...outcomes: (CommandReply | Error)[]) {
  const sent: AnyCommand[] = [];
  const command = async (given: AnyCommand): Promise<CommandReply> => {
    const outcome = outcomes[Math.min(sent.push(given), outcomes.length) - 1];
    if (outcome === undefined || outcome instanceof Error) throw outcome;
    return outcome;
  };
  return { sent, command };
}

describe('sending until there is an answer', () => {
  const unanswered: [number, number][] = [];
  const options = {
    backOff: { firstMs: 1, longestMs: 2 },
    signal: NEVER,
    onUnavailable: (_: BusUnavailable, attempt: number, waitMs: number) => void unanswered.push([attempt, waitMs]),
  };
  beforeEach(() => void unanswered.splice(0));

  it('sends the same command again, later and later, and says each time that nobody answered', async () => {
    const journal = journalThat(AWAY, AWAY, AWAY, REPLY);
    await expect(sendUntilAnswered(journal, COMMAND, options)).resolves.toBe(REPLY);
    expect(journal.sent).toEqual([COMMAND, COMMAND, COMMAND, COMMAND]);
    expect(unanswered).toEqual([
      [1, 1],
      [2, 2],
      [3, 2],
    ]);
  });

  it('takes a refusal for an answer', async () => {
    const refusal: CommandReply = { ok: false, status: { code: 409 } };
    const journal = journalThat(refusal);
    await expect(sendUntilAnswered(journal, COMMAND, options)).resolves.toBe(refusal);
    expect(journal.sent).toHaveLength(1);
  });

  it('gives up when it is aborted, also in the middle of a wait', async () => {
    const journal = journalThat(AWAY);
    const stop = new AbortController();
    const patient = { ...options, backOff: { firstMs: 1e6, longestMs: 1e6 }, signal: stop.signal };
    const sending = sendUntilAnswered(journal, COMMAND, { ...patient, onUnavailable: () => stop.abort() });
    await expect(sending).resolves.toBeUndefined();
    await expect(sendUntilAnswered(journal, COMMAND, patient)).resolves.toBeUndefined();
    expect(journal.sent).toHaveLength(1);
  });

  it('does not hide an error that repeating cannot cure', async () => {
    const broken = new Error('too large');
    await expect(sendUntilAnswered(journalThat(broken), COMMAND, options)).rejects.toBe(broken);
    expect(unanswered).toEqual([]);
  });
});
