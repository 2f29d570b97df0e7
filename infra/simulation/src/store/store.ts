import type { CommandReply, LogEvent } from '@shiplog/contracts';
import type { AppendOutcome, Commit, LoggedCommand } from '../../../../services/journal/src/database/append';
import type { StateAt } from '../../../../services/journal/src/database/snapshot.repository';
import type { Faults } from '../faults/faults';
import type { SimProcess } from '../world/process';
import type { Random } from '../world/random';
import type { World } from '../world/world';

/** What Postgres says of a connection that is no more. */
export function broken(reason: string): Error {
  return Object.assign(new Error(`Connection terminated: ${reason}`), { code: '57P01' });
}

/** A connection to the database; its advisory lock is free when it ends. */
export interface Session {
  readonly process: SimProcess;
  readonly onBroken: (error: Error) => void;
  isOpen: boolean;
  /** Of the process' pool. */
  readonly isPooled: boolean;
  /** What is asked and not answered yet: how it fails when the connection breaks. */
  readonly pending: Set<(error: Error) => void>;
  /** While it waits for the lock: what it does when it has it. */
  granted?: () => void;
}

/** A row of the table of commands. */
export interface CommandRow {
  readonly command: LoggedCommand;
  /** Of a command whose events don't tell its answer. */
  readonly reply?: CommandReply;
  /** When it was committed, as text that sorts. */
  readonly at: string;
}

/** Postgres, as far as journals see it: the log, the commands, the lease with its lock, and snapshots. Durable. */
export class Store {
  readonly events: LogEvent[] = [];
  readonly commands = new Map<string, CommandRow>();
  readonly snapshots = new Map<number, StateAt>();
  readonly sessions = new Set<Session>();
  epoch = 0;
  holder = '';
  /** Of the lease, on the database's clock. */
  expiresAt = 0;
  /** Hears of each commit, in order. */
  onCommitted: ((events: readonly LogEvent[], epoch: number) => void) | undefined;
  onSnapshot: ((saved: StateAt) => void) | undefined;
  isAway = false;
  #lock: Session | undefined;
  readonly #waiting: Session[] = [];
  /** Processes whose way to the database is cut, unnoticed, and until when. */
  readonly #cutOff = new Map<SimProcess, number>();
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

  /** Sessions that have asked for the lock, and wait. */
  get waiting(): readonly Session[] {
    return this.#waiting;
  }

  open(process: SimProcess, onBroken: (error: Error) => void, isPooled = false): Session {
    const session: Session = { process, onBroken, isOpen: true, isPooled, pending: new Set() };
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
  terminate(session: Session, reason: string): void {
    if (!session.isOpen) return;
    this.close(session);
    const heard = this.cutOffFor(session.process) + this.#latency();
    this.world.later(session.process, heard, 'arrival', () => this.#fail(session, reason));
  }

  /** From now on, and for so long, nothing gets through between a process and the database, and neither is told. */
  cutOff(process: SimProcess, milliseconds: number): void {
    this.#cutOff.set(process, this.world.time.now + milliseconds);
  }

  /** How long that still goes on. */
  cutOffFor(process: SimProcess): number {
    return Math.max(0, (this.#cutOff.get(process) ?? 0) - this.world.time.now);
  }

  /** A client destroys its socket: what it waits for fails now; the server finds out a moment later. */
  abandon(session: Session): void {
    this.world.later(session.process, 0, 'arrival', () => this.#fail(session, 'the socket was destroyed'));
    this.world.time.after(this.cutOffFor(session.process) + this.#latency(), () => this.close(session));
  }

  /** The same for what a process' pool has. */
  abandonPool(process: SimProcess): void {
    for (const session of [...this.sessions])
      if (session.isPooled && session.process === process) this.abandon(session);
  }

  /** Postgres goes away, as when it is restarted; what is committed stays. */
  goAway(): void {
    this.isAway = true;
    for (const session of [...this.sessions]) this.terminate(session, 'the database is shutting down');
  }

  /** It is there, for everybody. */
  comeBack(): void {
    this.isAway = false;
    this.#cutOff.clear();
  }

  /** Takes the lock if nobody has it; whether the session has it now. */
  tryLock(session: Session): boolean {
    this.#lock ??= session;
    return this.#lock === session;
  }

  /** Resolves when the session has the lock, which it keeps until it ends. */
  async lock(session: Session): Promise<void> {
    await this.ask(session, () => {
      this.#waiting.push(session);
    });
    await new Promise<void>((resolve, reject) => {
      if (!session.isOpen) return reject(broken('the session has ended'));
      session.pending.add(reject);
      session.granted = () =>
        this.world.later(session.process, this.#latency(), 'arrival', () => {
          session.pending.delete(reject);
          resolve();
        });
      if (this.#lock === session) session.granted();
      else if (this.#lock === undefined) this.#passOn();
    });
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
    return new Promise((resolve, reject) => {
      session.pending.add(reject);
      const fail = (reason: string): void => {
        this.terminate(session, reason);
        const heard = this.cutOffFor(process) + this.#latency();
        this.world.later(process, heard, 'arrival', () => reject(broken(reason)));
      };
      this.world.time.after(there, () => {
        if (process.isEnded) return;
        const lost = this.cutOffFor(process);
        if (lost > 0) return void this.world.time.after(lost, () => fail('the connection was reset'));
        if (!session.isOpen) return fail('the session has ended');
        if (breaks === 'before') return fail('the connection was reset');
        let answer: () => void;
        try {
          const value = done();
          answer = () => resolve(value);
        } catch (error) {
          answer = () => reject(error as Error);
        }
        const answered = answer;
        answer = () => {
          session.pending.delete(reject);
          answered();
        };
        if (breaks === 'after') return fail('the connection was reset');
        const back = this.#latency();
        this.world.time.after(back, () => {
          if (this.cutOffFor(process) > 0) fail('the connection was reset');
          else this.world.later(process, 0, 'arrival', answer);
        });
      });
    });
  }

  /** A statement on a connection of the process' pool. */
  async pooled<T>(done: () => T): Promise<T> {
    const process = this.world.current;
    if (process === undefined) throw new Error('no process asks');
    const session = this.open(process, () => undefined, true);
    try {
      return await this.ask(session, () => {
        if (this.isAway) throw broken('the database is starting up');
        return done();
      });
    } finally {
      this.close(session);
    }
  }

  /** As one transaction: the fence, the events, their commands, and the answers that are not there yet. */
  append(epoch: number, { events, commands, texts, answers = [] }: Commit): AppendOutcome {
    if (epoch !== this.epoch) return 'deposed';
    if (commands.some(({ id }) => this.commands.has(id))) return 'repeated-command';
    const at = this.world.time.now.toFixed(6).padStart(20, '0');
    const fresh = answers.filter(({ id }) => !this.commands.has(id));
    for (const command of commands) this.commands.set(command.id, { command: structuredClone(command), at });
    for (const { id, reply } of fresh) {
      this.commands.set(id, { command: { id, first: 0, count: 0 }, reply: JSON.parse(reply) as CommandReply, at });
    }
    const logged = events.map((event, i) => ({ ...event, data: JSON.parse(texts[i] as string) as LogEvent['data'] }));
    this.events.push(...logged);
    this.onCommitted?.(logged, epoch);
    return fresh.length === answers.length ? 'committed' : 'answered-before';
  }

  #fail(session: Session, reason: string): void {
    for (const reject of session.pending) reject(broken(reason));
    session.pending.clear();
    session.onBroken(broken(reason));
  }

  #passOn(): void {
    this.#lock = this.#waiting.shift();
    this.#lock?.granted?.();
  }

  #latency(): number {
    return this.#random.between(0.2, 1.5);
  }
}
