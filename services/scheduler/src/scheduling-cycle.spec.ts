import type { AnyCommand, CommandReply, ItemResult } from '@shiplog/contracts';
import { policyOf, Scheduling } from '@shiplog/scheduling';
import { aNode, aPod, applied, type PodTraits } from '../../../libs/scheduling/src/testing/builders';
import { pino } from 'pino';
import { SchedulingCycle } from './scheduling-cycle';

/** A cycle over a scheduling, with a journal that answers when the test says so. */
class Fixture {
  readonly scheduling = new Scheduling('default-scheduler', policyOf('default/1'));
  readonly sent: { command: AnyCommand; answer: (reply: CommandReply) => void }[] = [];
  readonly seen: number[] = [];
  readonly cycle: SchedulingCycle;
  #position = 0;

  constructor(batchLimit = 100) {
    this.cycle = new SchedulingCycle({
      scheduling: this.scheduling,
      batchLimit,
      logger: pino({ level: 'silent' }),
      send: (command) => new Promise((answer) => this.sent.push({ command, answer })),
      seen: (position) => {
        this.seen.push(position);
        return Promise.resolve();
      },
      now: () => performance.now(),
      newSeed: () => 1,
      newCommandId: () => `c${this.sent.length}`,
      onCycle: () => undefined,
    });
    this.tell(applied('nodes', undefined, aNode('a')));
  }

  tell(...batch: ReturnType<typeof applied>[]): void {
    this.scheduling.apply(batch);
    this.cycle.advance(++this.#position);
  }

  arrive(name: string, traits: PodTraits = {}): void {
    this.tell(applied('pods', undefined, aPod(name, traits), this.#position + 1));
  }

  /** Answers the oldest command as a journal would that accepts (or refuses) all of it. */
  async answer(ok = true): Promise<AnyCommand> {
    const { command, answer } = this.sent.shift()!;
    const items = command.type === 'BindPods' ? command.data.bindings : [];
    if (ok && command.type === 'BindPods') {
      this.tell(
        ...items.map(({ name, node }) =>
          applied('pods', aPod(name), aPod(name, { nodeName: node }), this.#position + 1),
        ),
      );
    }
    const results = items.map((): ItemResult => (ok ? { ok, position: this.#position } : { ok, status: {} }));
    answer({ ok: true, position: this.#position, events: items.length, results });
    await new Promise(setImmediate);
    return command;
  }
}

const podsOf = (command: AnyCommand | undefined) =>
  command?.type === 'BindPods' ? command.data.bindings.map(({ name }) => name) : command?.type;

describe('the scheduling cycle', () => {
  it('proposes a binding as soon as a pod is seen, with what it was decided from', () => {
    const fixture = new Fixture();
    fixture.cycle.setActive(true);
    fixture.arrive('p');
    expect(fixture.sent[0]?.command).toMatchObject({
      type: 'BindPods',
      actor: 'system:shiplog:scheduler',
      basis: 2,
      cause: 2,
      data: { bindings: [{ name: 'p', node: 'a', cause: 2, decision: { policy: 'default/1' } }] },
    });
  });

  it('takes together what arrives while an answer is awaited', async () => {
    const fixture = new Fixture();
    fixture.cycle.setActive(true);
    for (const name of ['p1', 'p2', 'p3']) fixture.arrive(name);
    expect(podsOf(await fixture.answer())).toEqual(['p1']);
    expect(podsOf(await fixture.answer())).toEqual(['p2', 'p3']);
    expect(fixture.sent).toEqual([]);
  });

  it('is limited in size', async () => {
    const fixture = new Fixture(2);
    for (const name of ['p1', 'p2', 'p3']) fixture.arrive(name);
    fixture.cycle.setActive(true);
    expect(podsOf(await fixture.answer())).toEqual(['p1', 'p2']);
    expect(podsOf(await fixture.answer())).toEqual(['p3']);
  });

  it('ends with the position of the answer being seen', async () => {
    const fixture = new Fixture();
    fixture.cycle.setActive(true);
    fixture.arrive('p');
    await fixture.answer();
    expect(fixture.seen).toEqual([3]);
  });

  it('looks at refused pods again: at once, then after a rest', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'] });
    const fixture = new Fixture();
    fixture.cycle.setActive(true);
    fixture.arrive('p');
    await fixture.answer(false);
    expect(podsOf(await fixture.answer(false))).toEqual(['p']);
    expect(fixture.sent).toEqual([]);
    await jest.advanceTimersByTimeAsync(100);
    expect(podsOf(fixture.sent[0]?.command)).toEqual(['p']);
    fixture.cycle.stop();
    jest.useRealTimers();
  });

  it('looks again at what fits nowhere after five minutes, though nothing happened, and lets others have their turn', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'] });
    const fixture = new Fixture();
    fixture.cycle.setActive(true);
    fixture.arrive('big', { requests: { cpu: '99' }, message: '0/1 nodes are available: 1 Insufficient cpu.' });
    const turns = async () => {
      for (let n = 0; n < 3; n++) await new Promise(setImmediate);
    };
    await turns();
    const decide = jest.spyOn(fixture.scheduling, 'decide');
    await jest.advanceTimersByTimeAsync(290_000);
    expect(decide).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(10_000);
    await turns();
    expect(decide.mock.results.map(({ value }) => value !== undefined)).toEqual([true, false]);
    fixture.cycle.stop();
    jest.useRealTimers();
  });

  it('does not run while standing by, and begins with all that is waiting', async () => {
    const fixture = new Fixture();
    fixture.arrive('p1');
    fixture.arrive('p2');
    expect(fixture.sent).toEqual([]);
    fixture.cycle.setActive(true);
    expect(podsOf(await fixture.answer())).toEqual(['p1', 'p2']);
  });

  it('stops when leadership is lost, after the answer that is awaited', async () => {
    const fixture = new Fixture();
    fixture.cycle.setActive(true);
    fixture.arrive('p1');
    fixture.cycle.setActive(false);
    fixture.arrive('p2');
    await fixture.answer();
    expect(fixture.sent).toEqual([]);
  });

  it('sends marks beside bindings, and goes on when both are answered', async () => {
    const fixture = new Fixture();
    fixture.arrive('p');
    fixture.arrive('big', { requests: { cpu: '99' } });
    fixture.cycle.setActive(true);
    expect(fixture.sent.map(({ command }) => command.type)).toEqual(['BindPods', 'MarkPodsUnschedulable']);
    fixture.arrive('later');
    await fixture.answer();
    expect(podsOf(await fixture.answer())).toBe('MarkPodsUnschedulable');
    expect(podsOf(fixture.sent[0]?.command)).toEqual(['later']);
  });
});
