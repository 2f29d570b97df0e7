import type { Bus } from '@shiplog/bus';
import { LeadershipClaimed, subjects, type LeadershipClaim } from '@shiplog/contracts';
import type { Msg } from 'nats';
import { pino } from 'pino';
import { Leadership } from './leadership';
import { Terms } from './testing/terms';

type Place = { readonly service: string; readonly scope: string };

/** Takes messages at once to all that listen, the sender included, as NATS does; one end can be cut off or gone. */
class Network {
  readonly #listeners = new Map<string, { member: string; handle: (message: Msg) => void }[]>();
  /** Whose messages go nowhere, and who hears nothing. */
  readonly cutOff = new Set<string>();

  bus(member: string): Bus {
    const listen = (subject: string, handle: (message: Msg) => void) => {
      const entry = { member, handle };
      this.#listeners.set(subject, [...(this.#listeners.get(subject) ?? []), entry]);
      const unsubscribe = () =>
        void this.#listeners.set(
          subject,
          this.#at(subject).filter((other) => other !== entry),
        );
      return { unsubscribe };
    };
    const tell = (_: unknown, claim: LeadershipClaim, place: Place) =>
      void this.#deliver(member, subjects.process(LeadershipClaimed.address, place), claim);
    const request = async (subject: string): Promise<void> => {
      if (this.cutOff.has(member)) throw Object.assign(new Error('timeout'), { code: 'TIMEOUT' });
      if (this.#at(subject).length === 0) throw Object.assign(new Error('no responders'), { code: '503' });
    };
    const connection = { isClosed: () => false, isDraining: () => false, request };
    return { identity: { role: 'scheduler', name: member }, listen, tell, connection } as unknown as Bus;
  }

  /** The member's process is gone: nobody listens there any more. */
  kill(member: string): void {
    for (const [subject, entries] of this.#listeners)
      this.#listeners.set(
        subject,
        entries.filter((entry) => entry.member !== member),
      );
    this.cutOff.add(member);
  }

  #at(subject: string) {
    return this.#listeners.get(subject) ?? [];
  }

  #deliver(from: string, subject: string, payload: unknown): void {
    if (this.cutOff.has(from)) return;
    const message = { subject, data: Buffer.from(JSON.stringify(payload)) } as unknown as Msg;
    // Not within the call: what is sent is heard after what sent it has returned.
    for (const { member, handle } of this.#at(subject))
      queueMicrotask(() => void (this.cutOff.has(member) || handle(message)));
  }
}

describe('leadership on a clock of its own', () => {
  let network: Network;
  let terms: Terms;
  let joined: Leadership[];

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'nextTick'] });
    [network, terms, joined] = [new Network(), new Terms(), []];
  });
  afterEach(() => {
    for (const leadership of joined) leadership.leave();
    jest.useRealTimers();
  });

  const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);
  const begin = async (instance: string): Promise<Leadership> => {
    const leadership = await Leadership.join(network.bus(instance), {
      instance,
      logger: pino({ level: 'silent' }),
      onChange: (leads) => terms.change(instance, leads),
    });
    joined.push(leadership);
    return leadership;
  };
  /** Joins, one millisecond after the other, and waits until all know where they are. */
  const join = async (...instances: string[]): Promise<Leadership[]> => {
    const joining: Promise<Leadership>[] = [];
    for (const instance of instances) {
      joining.push(begin(instance));
      await pass(1);
    }
    await pass(150);
    return Promise.all(joining);
  };

  it('is of the eldest of those that start together, and at no moment of two', async () => {
    const [a, , c] = await join('a', 'b', 'c', 'd');
    await pass(60_000);
    expect(terms.all).toEqual(['a']);
    terms.expectNoOverlap();
    expect(c?.leader).toBe(a?.leader);
    expect(a?.leader).toMatch(/^a-/);
  });

  it('goes in the order of waiting when one after the other leaves, each only when the one before has ended', async () => {
    const members = await join('a', 'b', 'c');
    for (const member of members) {
      member.leave();
      await pass(0);
    }
    expect(terms.all).toEqual(['a', 'b', 'c']);
    terms.expectNoOverlap();
  });

  it('passes on within a beat when the process of the one that leads is gone', async () => {
    await join('a', 'b', 'c');
    network.kill('a');
    terms.ended('a');
    await pass(1_000);
    expect(terms.all).toEqual(['a', 'b']);
    terms.expectNoOverlap();
  });

  it('passes on when the one that leads is silent for more than three beats, and not before', async () => {
    await join('a', 'b');
    network.cutOff.add('a');
    await pass(2_500);
    expect(terms.all).toEqual(['a']);
    await pass(2_500);
    expect(terms.all).toEqual(['a', 'b']);
  });

  it('ends for the younger of two when the one that was silent is heard again', async () => {
    const [a, b] = await join('a', 'b');
    network.cutOff.add('a');
    await pass(5_000);
    network.cutOff.delete('a');
    await pass(1_000);
    expect([a?.leads, b?.leads]).toEqual([true, false]);
  });

  it('stays where it is for as long as nobody hears anybody', async () => {
    const members = await join('a', 'b', 'c');
    for (const member of ['a', 'b', 'c']) network.cutOff.add(member);
    await pass(3_600_000);
    network.cutOff.clear();
    await pass(10_000);
    expect(terms.all).toEqual(['a']);
    expect(members.map(({ leads }) => leads)).toEqual([true, false, false]);
  });

  it('is not left to a newcomer that starts while the one that leads is there', async () => {
    await join('z');
    await pass(10_000);
    await join('a');
    await pass(10_000);
    expect(terms.all).toEqual(['z']);
  });

  it('is free again when the only one has left', async () => {
    const [a] = await join('a');
    a?.leave();
    await pass(10_000);
    expect(terms.current).toEqual([]);
    await join('b');
    expect(terms.all).toEqual(['a', 'b']);
    terms.expectNoOverlap();
  });
});
