import type { AnyCommand, CommandReply, ItemResult } from '@shiplog/contracts';
import { policyOf, Scheduling } from '@shiplog/scheduling';
import { aNode, aPod, applied, type PodTraits } from '../../../libs/scheduling/src/testing/builders';
import { pino } from 'pino';
import { Rounds } from './rounds';

/** Rounds over a scheduling, with a journal that answers when the test says so. */
class Bench {
  readonly scheduling = new Scheduling('default-scheduler', policyOf('default/1'));
  readonly sent: { command: AnyCommand; answer: (reply: CommandReply) => void }[] = [];
  readonly seen: number[] = [];
  readonly rounds: Rounds;
  #position = 0;

  constructor(batchLimit = 100) {
    this.rounds = new Rounds({
      scheduling: this.scheduling,
      batchLimit,
      logger: pino({ level: 'silent' }),
      send: (command) => new Promise((answer) => this.sent.push({ command, answer })),
      seen: (position) => {
        this.seen.push(position);
        return Promise.resolve();
      },
      newSeed: () => 1,
      newCommandId: () => `c${this.sent.length}`,
      onRound: () => undefined,
    });
    this.tell(applied('nodes', undefined, aNode('a')));
  }

  tell(...batch: ReturnType<typeof applied>[]): void {
    this.scheduling.apply(batch);
    this.rounds.advance(++this.#position);
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

describe('rounds', () => {
  it('propose a binding as soon as a pod is seen, with what it was decided from', () => {
    const bench = new Bench();
    bench.rounds.setActive(true);
    bench.arrive('p');
    expect(bench.sent[0]?.command).toMatchObject({
      type: 'BindPods',
      actor: 'system:shiplog:scheduler',
      basis: 2,
      cause: 2,
      data: { bindings: [{ name: 'p', node: 'a', cause: 2, decision: { policy: 'default/1' } }] },
    });
  });

  it('take together what arrives while an answer is awaited', async () => {
    const bench = new Bench();
    bench.rounds.setActive(true);
    for (const name of ['p1', 'p2', 'p3']) bench.arrive(name);
    expect(podsOf(await bench.answer())).toEqual(['p1']);
    expect(podsOf(await bench.answer())).toEqual(['p2', 'p3']);
    expect(bench.sent).toEqual([]);
  });

  it('are limited in size', async () => {
    const bench = new Bench(2);
    for (const name of ['p1', 'p2', 'p3']) bench.arrive(name);
    bench.rounds.setActive(true);
    expect(podsOf(await bench.answer())).toEqual(['p1', 'p2']);
    expect(podsOf(await bench.answer())).toEqual(['p3']);
  });

  it('end with the position of the answer being seen', async () => {
    const bench = new Bench();
    bench.rounds.setActive(true);
    bench.arrive('p');
    await bench.answer();
    expect(bench.seen).toEqual([3]);
  });

  it('look at refused pods again: at once, then after a rest', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'] });
    const bench = new Bench();
    bench.rounds.setActive(true);
    bench.arrive('p');
    await bench.answer(false);
    expect(podsOf(await bench.answer(false))).toEqual(['p']);
    expect(bench.sent).toEqual([]);
    await jest.advanceTimersByTimeAsync(100);
    expect(podsOf(bench.sent[0]?.command)).toEqual(['p']);
    bench.rounds.stop();
    jest.useRealTimers();
  });

  it('are not held while standing by, and begin with all that is waiting', async () => {
    const bench = new Bench();
    bench.arrive('p1');
    bench.arrive('p2');
    expect(bench.sent).toEqual([]);
    bench.rounds.setActive(true);
    expect(podsOf(await bench.answer())).toEqual(['p1', 'p2']);
  });

  it('stop when leadership is lost, after the answer that is awaited', async () => {
    const bench = new Bench();
    bench.rounds.setActive(true);
    bench.arrive('p1');
    bench.rounds.setActive(false);
    bench.arrive('p2');
    await bench.answer();
    expect(bench.sent).toEqual([]);
  });

  it('send marks beside bindings, and go on when both are answered', async () => {
    const bench = new Bench();
    bench.arrive('p');
    bench.arrive('big', { requests: { cpu: '99' } });
    bench.rounds.setActive(true);
    expect(bench.sent.map(({ command }) => command.type)).toEqual(['BindPods', 'MarkPodsUnschedulable']);
    bench.arrive('later');
    await bench.answer();
    expect(podsOf(await bench.answer())).toBe('MarkPodsUnschedulable');
    expect(podsOf(bench.sent[0]?.command)).toEqual(['later']);
  });
});
