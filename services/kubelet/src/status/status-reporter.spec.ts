import type { AnyCommand, CommandData, CommandReply, PodStatus } from '@shiplog/contracts';
import { pino } from 'pino';
import { pod } from '../testing/builders';
import { StatusReporter } from './status-reporter';

type Report = CommandData['ReportPods'];

/** A journal that answers when it is told to. */
class FakeJournal {
  readonly reports: Report[] = [];
  readonly #open: ((reply: CommandReply | Error) => void)[] = [];

  command = (command: AnyCommand): Promise<CommandReply> => {
    this.reports.push(command.data as Report);
    return new Promise((resolve, reject) => {
      this.#open.push((reply) => (reply instanceof Error ? reject(reply) : resolve(reply)));
    });
  };

  async answer(reply: CommandReply | Error = { ok: true, position: 10, events: 1 }): Promise<void> {
    this.#open.shift()?.(reply);
    await jest.advanceTimersByTimeAsync(0);
  }
}

const CAUSES = { pod: 3, containers: { web: 4 } };
const RUNNING: PodStatus = { phase: 'Running' };
const refusal = (code: number): CommandReply => ({
  ok: true,
  position: 10,
  events: 0,
  results: [{ ok: false, status: { code } }],
});

describe('reporting pods', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  const setUp = () => {
    const journal = new FakeJournal();
    const reporter = new StatusReporter(journal, { nodeName: 'node-a' }, pino({ level: 'silent' }));
    return { journal, reporter, tick: (ms = 0) => jest.advanceTimersByTimeAsync(ms) };
  };
  const other = () => pod({}, {}, { uid: 'uid-2', name: 'other' });

  it('sends what differs from the log, and all of one turn in one command', async () => {
    const { journal, reporter, tick } = setUp();
    reporter.offer(pod(), RUNNING, CAUSES);
    reporter.offer(other(), RUNNING, CAUSES);
    await tick();
    expect(journal.reports.map((entry) => entry.pods.map((item) => item.name))).toEqual([['web', 'other']]);
    expect(journal.reports[0]?.pods[0]).toMatchObject({ cause: 3, containers: { web: 4 } });
  });

  it('sends nothing that the log has', async () => {
    const { journal, reporter, tick } = setUp();
    reporter.offer(pod({}, RUNNING), { phase: 'Running' }, CAUSES);
    await tick(10_000);
    expect(journal.reports).toEqual([]);
  });

  it('keeps what changes meanwhile for the next command', async () => {
    const { journal, reporter, tick } = setUp();
    reporter.offer(pod(), RUNNING, CAUSES);
    await tick();
    reporter.offer(pod(), { phase: 'Failed' }, CAUSES);
    reporter.offer(other(), RUNNING, CAUSES);
    await tick(1_000);
    expect(journal.reports).toHaveLength(1);
    await journal.answer();
    expect(journal.reports[1]?.pods.map((item) => item.status.phase)).toEqual(['Failed', 'Running']);
  });

  it('gives a pod that is just being created a second to have more to say', async () => {
    const { journal, reporter, tick } = setUp();
    const creating = { phase: 'Pending', containerStatuses: [] };
    reporter.offer(pod(), creating, CAUSES);
    await tick(500);
    expect(journal.reports).toEqual([]);
    reporter.offer(pod(), RUNNING, CAUSES);
    await tick();
    expect(journal.reports[0]?.pods[0]?.status).toEqual(RUNNING);
  });

  it('tells the log again what another one wrote over it, but not what the log only holds in another form', async () => {
    const { journal, reporter, tick } = setUp();
    reporter.offer(pod(), RUNNING, CAUSES);
    await tick();
    await journal.answer();
    const stored = (resourceVersion: string) =>
      pod({}, { phase: 'Running', message: 'normal form' }, { resourceVersion });
    reporter.offer(stored('10'), RUNNING, CAUSES);
    await tick(1_000);
    expect(journal.reports).toHaveLength(1);
    reporter.offer(stored('11'), RUNNING, CAUSES);
    await tick();
    expect(journal.reports).toHaveLength(2);
  });

  it('tries again, ever more slowly, while nobody answers', async () => {
    const { journal, reporter, tick } = setUp();
    reporter.offer(pod(), RUNNING, CAUSES);
    await tick();
    await journal.answer(new Error('nobody listens'));
    await tick(199);
    expect(journal.reports).toHaveLength(1);
    await tick(1);
    expect(journal.reports).toHaveLength(2);
    await journal.answer(new Error('nobody listens'));
    await tick(400);
    expect(journal.reports).toHaveLength(3);
  });

  it('settles once the log has the status, or has no such pod any more', async () => {
    const { journal, reporter, tick } = setUp();
    const settled: string[] = [];
    void reporter.settle(pod(), RUNNING, CAUSES).then(() => settled.push('accepted'));
    await tick();
    expect(settled).toEqual([]);
    await journal.answer();
    expect(settled).toEqual(['accepted']);
    void reporter.settle(other(), RUNNING, CAUSES).then(() => settled.push('gone'));
    await tick();
    await journal.answer(refusal(404));
    expect(settled).toEqual(['accepted', 'gone']);
  });

  it('does not insist at once on what the journal refuses', async () => {
    const { journal, reporter, tick } = setUp();
    reporter.offer(pod(), RUNNING, CAUSES);
    await tick();
    await journal.answer(refusal(422));
    await tick(4_000);
    expect(journal.reports).toHaveLength(1);
    await tick(1_500);
    expect(journal.reports).toHaveLength(2);
  });
});
