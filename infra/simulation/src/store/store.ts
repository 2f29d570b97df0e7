import type { LogEvent } from '@shiplog/contracts';
import type { Commit, LoggedCommand } from '../../../../services/journal/src/database/append';
import type { StateAt } from '../../../../services/journal/src/database/snapshot.repository';
import type { Faults } from '../faults/faults';
import type { SimProcess } from '../world/process';
import type { Random } from '../world/random';
import type { World } from '../world/world';

/** What Postgres says of a connection that is no more. */
export function broken(why: string): Error {
  return Object.assign(new Error(`Connection terminated: ${why}`), { code: '57P01' });
}

/** A connection to the database; its advisory lock is free when it ends. */
export interface Session {
  readonly process: SimProcess;
  readonly onBroken: (error: Error) => void;
  isOpen: boolean;
  /** While it waits for the lock: what it does when it has it. */
  granted?: () => void;
}

/** Postgres, as far as journals see it: the log, the commands, the lease with its lock, and snapshots. Durable. */
export class Store {
  readonly events: LogEvent[] = [];
  readonly commands = new Map<string, LoggedCommand>();
  readonly snapshots = new Map<number, StateAt>();
  readonly sessions = new Set<Session>();
  epoch = 0;
  holder = '';
  /** Of the lease, on the database's clock. */
  expiresAt = 0;
  /** Hears of each commit, in order. */
  onCommitted: ((events: readonly LogEvent[], epoch: number) => void) | undefined;
  isAway = false;
  #lock: Session | undefined;
  readonly #waiting: Session[] = [];
  readonly #random: Random;

  constructor(
    readonly world: World,
    private readonly faults: Faults,
  ) {
    this.#random = world.random('store');
  }

  get lockHolder(): Session | undefined {
    return this.#lock;
  }

  open(process: SimProcess, onBroken: (error: Error) => void): Session {
    const session: Session = { process, onBroken, isOpen: true };
    this.sessions.add(session);
    process.onEnd(() => this.close(session));
    return session;
  }

  close(session: Session): void {
    session.isOpen = false;
    this.sessions.delete(session);
    const place = this.#waiting.indexOf(session);
    if (place >= 0) this.#waiting.splice(place, 1);
    if (this.#lock === session) this.#passOn();
  }

  /** The server ends a session: its client hears of it. */
  terminate(session: Session, why: string): void {
    if (!session.isOpen) return;
    this.close(session);
    this.world.later(session.process, this.#latency(), 'arrival', () => session.onBroken(broken(why)));
  }

  /** Postgres goes away, as when it is restarted; what is committed stays. */
  goAway(): void {
    this.isAway = true;
    for (const session of [...this.sessions]) this.terminate(session, 'the database is shutting down');
  }

  comeBack(): void {
    this.isAway = false;
  }

  /** Resolves when the session has the lock, which it keeps until it ends. */
  lock(session: Session): Promise<void> {
    return this.ask(session, () => undefined).then(
      () =>
        new Promise((resolve) => {
          session.granted = () => this.world.later(session.process, this.#latency(), 'arrival', resolve);
          this.#waiting.push(session);
          if (this.#lock === undefined) this.#passOn();
        }),
    );
  }

  /**
   * One statement: done at the server a moment later, answered a moment after that. Its connection may break before it
   * is done, and after: the asker can't tell which.
   */
  ask<T>(session: Session, done: () => T): Promise<T> {
    const { breakBefore, breakAfter, slow } = this.faults.now;
    const { process } = session;
    const random = this.#random;
    const there = this.#latency() + (random.chance(slow) ? random.between(100, 3_000) : 0);
    const breaks = random.chance(breakBefore) ? 'before' : random.chance(breakAfter) ? 'after' : undefined;
    // Where the asker is: a rejection that nobody handles says no more of it than this.
    const asked = new Error('asked here');
    return new Promise((resolve, reject) => {
      const fail = (why: string): void => {
        this.terminate(session, why);
        const error = Object.assign(broken(why), { cause: asked });
        this.world.later(process, this.#latency(), 'arrival', () => reject(error));
      };
      this.world.time.after(there, () => {
        if (process.isEnded) return;
        if (!session.isOpen) return fail('the session has ended');
        if (breaks === 'before') return fail('the connection was reset');
        let answer: () => void;
        try {
          const value = done();
          answer = () => resolve(value);
        } catch (error) {
          answer = () => reject(error as Error);
        }
        if (breaks === 'after') return fail('the connection was reset');
        this.world.later(process, this.#latency(), 'arrival', answer);
      });
    });
  }

  /** A statement on a connection of the process' pool. */
  async pooled<T>(done: () => T): Promise<T> {
    const process = this.world.current;
    if (process === undefined) throw new Error('no process asks');
    const session = this.open(process, () => undefined);
    try {
      return await this.ask(session, () => {
        if (this.isAway) throw broken('the database is starting up');
        return done();
      });
    } finally {
      this.close(session);
    }
  }

  /** As one transaction: the fence, the events and their commands. */
  append(epoch: number, { events, commands, texts }: Commit): 'committed' | 'deposed' | 'repeated-command' {
    if (epoch !== this.epoch) return 'deposed';
    if (commands.some(({ id }) => this.commands.has(id))) return 'repeated-command';
    for (const command of commands) this.commands.set(command.id, structuredClone(command));
    const logged = events.map((event, i) => ({ ...event, data: JSON.parse(texts[i] as string) as LogEvent['data'] }));
    this.events.push(...logged);
    this.onCommitted?.(logged, epoch);
    return 'committed';
  }

  #passOn(): void {
    this.#lock = this.#waiting.shift();
    this.#lock?.granted?.();
  }

  #latency(): number {
    return this.#random.between(0.2, 1.5);
  }
}
