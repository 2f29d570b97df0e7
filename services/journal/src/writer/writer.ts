import { decide, mayMakeObject, replyOf, type ClusterState, type CommandMetadata } from '@shiplog/cluster';
import type { CommandReply } from '@shiplog/contracts';
import type { AppendOutcome } from '../database/append';
import { Ahead } from './ahead';
import { Askings, type Asking } from './askings';
import { costOf, Waiting, type Batch, type Outcome, type Submission } from './batch';
import { decideForLog, type Decide, type LoggableDecision } from './decide/for-log';
import { LookUps } from './look-ups';
import type { WriterOptions } from './options';
import { mustHold, OVERLOADED, unanswered, unwritable } from './replies';
import { Sweep, type Slice } from './sweep';
import { TurnedAway } from './turned-away';

/** What of commands decided and not committed there may be: what waits longer is better told so. */
const MAX_AHEAD_EVENTS = 50_000;
const MAX_AHEAD_COMMANDS = 50_000;
const MAX_AHEAD_BYTES = 128 * 1024 * 1024;
const COMMIT_BYTES = 16 * 1024 * 1024;
/**
 * The only one who appends. Commands are decided the moment they arrive, on the state ahead of the commit in flight,
 * and share the next commit. Nothing is published or answered before Postgres has it; an answer that rests on
 * another command's events (a name that is taken) waits for their commit too. Every answer is in the log before it is
 * given, a refusal also: its id decides the same from then on, whoever is the writer.
 */
export class Writer {
  /** What is committed and published. */
  readonly state: ClusterState;
  #position: number;
  /** What is decided: ahead of the above by the batches under way. */
  readonly #ahead: Ahead;
  /** Of repetitions of what is under way. */
  #repeatedBytes = 0;
  /** What is decided and not answered yet, by id. */
  readonly #underWay = new Map<string, Waiting>();
  readonly #turnedAway = new TurnedAway(() => performance.now());
  readonly #lookUps: LookUps;
  readonly #askings: Askings;
  #waitForRoom: (() => void)[] = [];
  #running: Promise<void> | undefined;
  #stopped = false;
  /** After a commit of unknown outcome nothing more may be written: it would be decided on what may not exist. */
  #dead = false;
  #resolveLost: (reason: unknown) => void = () => undefined;
  /** Resolves, with the reason, when the outcome of a commit is unknown or another writer took over. */
  readonly lost: Promise<unknown>;

  constructor(private readonly options: WriterOptions) {
    this.state = options.state;
    this.#position = options.position;
    const { commitEvents: rows, commitBytes: bytes = COMMIT_BYTES } = options;
    this.#ahead = new Ahead(options.state, options.position, { rows, bytes });
    this.#askings = new Askings(options.ask, {
      position: () => this.#ahead.position,
      committed: () => this.#position,
      isStopped: () => this.#stopped,
      refuse: (waiting, status) => this.#answerAfterCommit(waiting, { ok: false, status }),
      turnAway: (waiting) => this.#turnAway(waiting, OVERLOADED),
      broke: (waiting, error) => {
        options.logger.error(
          { err: error, command: waiting.id },
          'a command could not go on with what webhooks answered',
        );
        this.#turnAway(waiting, unanswered());
      },
      take: (submission) => this.#take(submission, options.clock().time, options.clock().uid),
      start: () => this.#start(),
    });
    this.lost = new Promise((resolve) => (this.#resolveLost = resolve));
    this.#lookUps = new LookUps(
      (ids) => options.store.findAnswers(ids),
      (error) => options.logger.warn({ err: error }, 'answers could not be looked up; their commands come again'),
    );
  }

  /** Of the last event that is committed and published. */
  get position(): number {
    return this.#position;
  }

  /** Whether commands are turned away (429) because too much waits for its commit. */
  get isFull(): boolean {
    return (
      this.#ahead.position - this.#position > MAX_AHEAD_EVENTS ||
      this.#underWay.size > MAX_AHEAD_COMMANDS ||
      this.#ahead.bytes + this.#repeatedBytes > (this.options.aheadBytes ?? MAX_AHEAD_BYTES)
    );
  }

  /** Resolves when there is room for more, or when there will never be. */
  room(): Promise<void> {
    if (!this.isFull || this.#stopped) return Promise.resolve();
    return new Promise((resolve) => this.#waitForRoom.push(resolve));
  }

  /** Decides commands, in order. Each is answered once what it came to is committed, or never (see `lost`). */
  submit(submissions: readonly Submission[]): void {
    if (this.#stopped) return;
    const { time, uid } = this.options.clock();
    for (const submission of submissions) this.#take(submission, time, uid);
    this.#start();
  }

  /** Takes nothing more; resolves when everything under way is committed and answered, or lost. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#tellRoom();
    this.options.onStopped?.();
    while (this.#running !== undefined) await this.#running;
  }

  #lose(reason: unknown): void {
    this.#dead = true;
    this.#stopped = true;
    this.#tellRoom();
    this.options.onStopped?.();
    this.#resolveLost(reason);
  }

  #tellRoom(): void {
    if (this.#waitForRoom.length === 0 || (this.isFull && !this.#stopped)) return;
    for (const resolve of this.#waitForRoom.splice(0)) resolve();
  }

  #take(submission: Submission, time: string, uid: () => string, isLookedUp = false, asking?: Asking): void {
    const { command } = submission;
    const { recent } = this.options;
    const known = recent.get(command.id);
    if (known?.kind === 'answered') return this.#tell(submission, known.reply);
    if (known?.kind === 'logged') return this.#lookUp(submission);
    const underWay = this.#underWay.get(command.id);
    if (underWay !== undefined) return this.#repeat(underWay, submission);
    const turnedAway = submission.comesAgain === true ? undefined : this.#turnedAway.get(command.id);
    if (turnedAway !== undefined) return this.#tell(submission, turnedAway);
    if (this.isFull) return this.#turnAway(new Waiting(submission), OVERLOADED);
    // What takes several commits would begin before the last of them finds out that it was done already.
    const mayBeKnown = !isLookedUp && recent.mayHaveForgotten && command.type === 'DeleteCollection';
    if (mayBeKnown) return this.#lookUp(submission);
    if (!isLookedUp && this.#askings.waitsBehind(submission)) return;
    const waiting = new Waiting(submission, asking);
    this.#underWay.set(command.id, waiting);
    if (command.type === 'DeleteCollection') return this.#sweep(new Sweep(waiting, command.data), time);
    this.#takeUp(waiting, time, asking?.uid ?? (mayMakeObject(this.state, command) ? uid() : ''));
  }

  /** Decides a command, unless webhooks have to be asked first; then again, with what they answered. */
  #takeUp(waiting: Waiting, time: string, uid: string): void {
    const decided = this.#decide(waiting, waiting.asking?.time ?? time, uid);
    const again = (): void => this.#takeUp(waiting, this.options.clock().time, uid);
    if (this.#askings.mustAsk(waiting, decided, { time, uid, again })) return;
    this.#settle(waiting, decided, time);
    this.#askings.decided(waiting);
  }

  /** All deliveries of a command hear its one answer. Those that there is no room for hear nothing, and come again. */
  #repeat(waiting: Waiting, submission: Submission): void {
    if (this.isFull) return;
    const cost = costOf(submission, {});
    this.#repeatedBytes += cost;
    waiting.repeat(submission, cost);
  }

  /** Takes a command off those under way; returns all of its deliveries. */
  #done(waiting: Waiting): readonly Submission[] {
    this.#underWay.delete(waiting.id);
    this.#repeatedBytes -= waiting.repeatedBytes;
    return waiting.deliveries;
  }

  #decide({ submission, asking }: Waiting, time: string, uid: string, how: Decide = decide): LoggableDecision {
    const { settings, maxDataBytes, logger } = this.options;
    const asked = asking === undefined ? {} : { asked: asking };
    const metadata: CommandMetadata = { time, uid, position: this.#ahead.position, settings, ...asked };
    const { id, type } = submission.command;
    const onDefect = (error: unknown): void =>
      logger.error({ err: error, command: id, type }, 'a command could not be decided');
    return decideForLog(this.#ahead.state, submission, metadata, maxDataBytes(), onDefect, how);
  }

  /** Puts what a command came to into the next commit. */
  #settle(waiting: Waiting, decided: LoggableDecision, time: string): void {
    const { command } = waiting.submission;
    if (!decided.ok) {
      const { isDefect, questions: _asked, ...reply } = decided;
      return isDefect === true ? this.#turnAway(waiting, reply) : this.#answerAfterCommit(waiting, reply);
    }
    const { events, texts, reply } = decided;
    const count = events.length;
    if (count === 0) return this.#answerAfterCommit(waiting, replyOf(reply, this.#ahead.position, 0));
    const first = this.#ahead.position + 1;
    const cost = costOf(waiting.submission, { texts, items: reply.items?.length });
    const batch = this.#ahead.roomFor(count, cost);
    this.#ahead.place(batch, waiting, decided, time);
    batch.commands.push({ id: command.id, first, count, items: reply.items });
    this.#ahead.push(batch, { waiting, outcome: { kind: 'events', reply, first, count } }, cost);
  }

  /** An answer waits for the commit of what it rests on; all but those that leave nothing behind are written with it. */
  #answerAfterCommit(waiting: Waiting, reply: CommandReply): void {
    const isLogged = mustHold(waiting.submission, reply);
    const answer = isLogged ? JSON.stringify(reply) : '';
    const cost = costOf(waiting.submission, { answer });
    const batch = this.#ahead.roomFor(1, cost);
    if (isLogged) batch.answers.push({ id: waiting.submission.command.id, reply: answer });
    this.#ahead.push(batch, { waiting, outcome: { kind: 'answer', reply, isLogged } }, cost);
  }

  /** Answers without a decision: the same id may be decided another time, but not right away. */
  #turnAway(waiting: Waiting, reply: CommandReply): void {
    for (const delivery of this.#done(waiting)) {
      if (delivery.comesAgain !== true) this.#turnedAway.add(delivery.command.id, reply);
      this.#tell(delivery, reply);
    }
  }

  /** Decides the next part of a DeleteCollection; one that is all in one part is a command like every other. */
  #sweep(sweep: Sweep, time: string): void {
    const { waiting } = sweep;
    const { submission } = waiting;
    const decided = this.#decide(waiting, waiting.asking?.time ?? time, '', (state, command, metadata) =>
      sweep.decide(state, command, metadata),
    );
    const again = (): void => this.#sweep(sweep, this.options.clock().time);
    if (this.#askings.mustAsk(waiting, decided, { time, uid: '', again })) return;
    this.#askings.decided(waiting);
    if (!decided.ok || sweep.isWhole) return this.#settle(waiting, decided, time);
    const { events, texts, reply } = decided;
    const items = reply.items ?? [];
    const objects = sweep.nextObjects;
    const slice: Slice = { objects, items, first: this.#ahead.position + 1, count: events.length };
    const last = sweep.isLast(objects) ? sweep.replyWith(slice, this.#ahead.position) : undefined;
    const answer = last === undefined || !mustHold(submission, last) ? '' : JSON.stringify(last);
    const cost = costOf(submission, { texts, items: items.length, answer });
    const batch = this.#ahead.roomFor(events.length + 1, cost);
    this.#ahead.place(batch, waiting, decided, time, sweep.events);
    if (answer !== '') batch.answers.push({ id: submission.command.id, reply: answer });
    this.#ahead.push(batch, { waiting, outcome: { kind: 'slice', sweep, slice, last } }, cost);
  }

  #goOn(sweep: Sweep): void {
    setImmediate(() => {
      if (this.#stopped) return;
      this.#sweep(sweep, this.options.clock().time);
      this.#start();
    });
  }

  /** One run at a time; it begins when all that came with one read of the socket is decided. */
  #start(): void {
    if (this.#running !== undefined || this.#dead || this.#ahead.isEmpty) return;
    this.#running = new Promise((resolve) => {
      setImmediate(() => {
        this.#run()
          .catch((error: unknown) => this.#lose(error))
          .finally(() => {
            this.#running = undefined;
            resolve();
            // What came between the last look at the queue and now.
            this.#start();
          });
      });
    });
  }

  /** Commits batch after batch. While Postgres writes one, the one before it is published and answered. */
  async #run(): Promise<void> {
    let batch = this.#ahead.shift();
    let outcome = this.#append(batch);
    while (batch !== undefined) {
      const said = await outcome;
      if (said === 'deposed') throw new Error('another journal has begun a new epoch');
      const isCommitted = said !== 'repeated-command';
      if (!isCommitted) await this.#redecide(batch);
      const next = this.#ahead.shift();
      outcome = this.#append(next);
      if (isCommitted) this.#committed(batch, said === 'answered-before');
      batch = next;
    }
  }

  #append(batch: Batch | undefined): Promise<AppendOutcome> {
    if (batch === undefined || batch.rows === 0) return Promise.resolve('committed');
    const outcome = this.options.store.append(batch);
    // Its failure is dealt with where it is awaited, a moment after this turn.
    outcome.catch(() => undefined);
    return outcome;
  }

  #committed(batch: Batch, mayBeKnown: boolean): void {
    const { publish, onCommitted } = this.options;
    for (const { event, after } of batch.applied) {
      const { resource, namespace, name } = event;
      if (after === undefined) this.state.remove(resource, namespace, name);
      else this.state.put(resource, after);
    }
    publish(batch.applied, batch.texts);
    this.#position += batch.events.length;
    this.#ahead.committed(batch);
    for (const { waiting, outcome } of batch.pending) this.#conclude(waiting, outcome, mayBeKnown);
    this.#askings.advance();
    this.#tellRoom();
    onCommitted?.(batch.events);
  }

  /** @param mayBeKnown whether answers of this commit may have been in the log before: those hold then */
  #conclude(waiting: Waiting, outcome: Outcome, mayBeKnown: boolean): void {
    switch (outcome.kind) {
      case 'events':
        return this.#answer(waiting, replyOf(outcome.reply, outcome.first, outcome.count), true);
      case 'answer':
        if (mayBeKnown && outcome.isLogged) return this.#done(waiting).forEach((delivery) => this.#lookUp(delivery));
        return this.#answer(waiting, outcome.reply, outcome.isLogged);
      case 'slice':
        if (outcome.last !== undefined)
          return this.#answer(waiting, outcome.last, mustHold(waiting.submission, outcome.last));
        outcome.sweep.take(outcome.slice);
        return this.#goOn(outcome.sweep);
    }
  }

  #answer(waiting: Waiting, reply: CommandReply, isRemembered: boolean): void {
    if (isRemembered) this.options.recent.add(waiting.id, reply);
    for (const delivery of this.#done(waiting)) this.#tell(delivery, reply);
  }

  /** Answers from the log; what it doesn't know is decided. */
  #lookUp(submission: Submission): void {
    const { clock, recent } = this.options;
    const { id } = submission.command;
    this.#lookUps.ask(id, (reply) => {
      if (reply !== undefined) {
        recent.add(id, reply);
        return this.#tell(submission, reply);
      }
      if (this.#stopped) return;
      recent.forget(id);
      const { time, uid } = clock();
      this.#take(submission, time, uid, true);
      this.#start();
    });
  }

  #tell({ command, answer }: Submission, reply: CommandReply): void {
    try {
      answer(reply);
    } catch (error) {
      this.options.logger.warn({ err: error, command: command.id }, 'an answer could not be given');
    }
  }

  /**
   * Postgres knows one of the commands from before the memory of this process: nothing of the batch was written. What is
   * decided ahead is dropped, the known ones are answered from the log, and the others decided again, in their order.
   * When the log does not tell which one it knows, they are committed one by one, and the one that still can't be fails.
   */
  async #redecide(batch: Batch): Promise<void> {
    const ids = batch.commands.map(({ id }) => id);
    const known = await this.options.store.findAnswers(ids);
    const dropped = this.#ahead.drop(batch, this.state, this.#position);
    const suspects = new Set(known.size === 0 ? ids : []);
    const { time, uid } = this.options.clock();
    for (const { waiting, outcome } of dropped) if (outcome.kind !== 'slice') this.#done(waiting);
    for (const { waiting, outcome } of dropped) {
      const reply = known.get(waiting.id);
      const isSuspect = suspects.has(waiting.id);
      if (outcome.kind === 'slice') this.#sweep(outcome.sweep, time);
      else if (reply !== undefined) this.#answer(waiting, reply, true);
      else if (isSuspect && suspects.size === 1) this.#turnAway(waiting, unwritable(waiting.id));
      else {
        if (isSuspect) this.#ahead.close();
        for (const delivery of waiting.deliveries) this.#take(delivery, time, uid, true, waiting.asking);
        if (isSuspect) this.#ahead.close();
      }
    }
    this.#askings.dropped();
  }
}
