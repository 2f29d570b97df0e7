import { BusUnavailable, type ConnectionWatch } from '@shiplog/bus';
import { StepDown } from '@shiplog/contracts';
import { eventually } from '@shiplog/testing';
import { pino } from 'pino';
import { Standing, succeed } from './succession';

const logger = pino({ level: 'silent' });
const TTL_MS = 300;

describe('a journal that has begun an epoch', () => {
  const lease = { epoch: 7, predecessorMs: TTL_MS };
  const after = async (ask: (asked: number) => Promise<unknown>, of = lease) => {
    const begun = performance.now();
    let asked = 0;
    const bus = { ask: (...question: unknown[]) => (expect(question).toEqual(QUESTION), ask(++asked)) } as never;
    await succeed(bus, of, logger);
    return { ms: performance.now() - begun, asked };
  };
  const QUESTION = [StepDown, { epoch: 7 }, {}, { timeoutMs: expect.any(Number) }];
  const unanswered = (last: string) => Promise.reject(new BusUnavailable('journal.step-down', 25, last));

  it('begins at once when the one before has stepped down, or is gone', async () => {
    expect((await after(() => Promise.resolve({}))).ms).toBeLessThan(TTL_MS / 2);
    expect((await after(() => unanswered('nobody listens'))).ms).toBeLessThan(TTL_MS / 2);
  });

  it('asks nobody when the lease before is over', async () => {
    expect((await after(() => unanswered('no answer'), { epoch: 7, predecessorMs: 0 })).asked).toBe(0);
  });

  it('waits for the end of the lease before while its holder does not answer', async () => {
    const slow = (timeoutMs: number) => new Promise((done) => setTimeout(done, timeoutMs));
    const { ms, asked } = await after(async () => (await slow(50), unanswered('no answer')));
    expect(ms).toBeGreaterThanOrEqual(TTL_MS - 1);
    expect(asked).toBeGreaterThan(2);
  });

  it('asks again: the second answer counts', async () => {
    const { ms, asked } = await after((n) => (n === 1 ? unanswered('no answer') : Promise.resolve({})));
    expect([ms < TTL_MS / 2, asked]).toEqual([true, 2]);
  });
});

describe('the standing of a journal', () => {
  /** A connection and a lease, by hand. */
  const make = (isUp = true) => {
    const listeners: Record<string, () => void> = {};
    const steps: string[] = [];
    const held = { now: true };
    let answer: () => void = () => undefined;
    const watch = {
      isUp,
      on: (description: string, listener: () => void) => (
        (listeners[description] = listener),
        () => delete listeners[description]
      ),
    } as unknown as ConnectionWatch;
    const bus = { connection: { flush: () => Promise.resolve(steps.push('flush')) }, onError: fail } as never;
    const lease = {
      epoch: 3,
      holds: () => held.now,
      confirm: () => (steps.push('confirm'), new Promise<boolean>((done) => (answer = () => done(held.now)))),
    };
    const standing = new Standing(bus, watch, lease, () => steps.push('confirmed'));
    return { standing, listeners, steps, held, answer: () => answer() };
  };
  const fail = (error: unknown) => {
    throw error;
  };

  it('is that of its lease', () => {
    const { standing, held } = make();
    expect([standing.epoch, standing.holds()]).toEqual([3, true]);
    held.now = false;
    expect(standing.holds()).toBe(false);
  });

  it('is none from the loss of a connection on until the next one is heard and Postgres has confirmed the lease', async () => {
    const { standing, listeners, steps, answer } = make();
    listeners['lost']?.();
    expect(standing.holds()).toBe(false);
    listeners['back']?.();
    await eventually(() => steps.includes('confirm'));
    expect([standing.holds(), steps]).toEqual([false, ['flush', 'confirm']]);
    answer();
    await eventually(() => steps.includes('confirmed'));
    expect(standing.holds()).toBe(true);
  });

  it('that begins while no connection is there waits for one in the same way', async () => {
    const { standing, listeners, steps, answer } = make(false);
    expect(standing.holds()).toBe(false);
    listeners['back']?.();
    await eventually(() => steps.includes('confirm'));
    answer();
    await eventually(() => standing.holds());
  });

  it('is none while the connection that was confirmed is lost again, nor when the lease went to another', async () => {
    const { standing, listeners, steps, held, answer } = make();
    listeners['lost']?.();
    listeners['back']?.();
    await eventually(() => steps.includes('confirm'));
    listeners['lost']?.();
    answer();
    await new Promise(setImmediate);
    expect(standing.holds()).toBe(false);
    listeners['back']?.();
    await eventually(() => steps.filter((step) => step === 'confirm').length === 2);
    held.now = false;
    answer();
    await new Promise(setImmediate);
    expect([standing.holds(), steps.includes('confirmed')]).toEqual([false, false]);
  });
});
