import { replyOf, type Applied, type ClusterState, type Stamp } from '@shiplog/cluster';
import type { AnyCommand, CommandReply, KubeStatus, LogEvent } from '@shiplog/contracts';
import { statusOf } from '@shiplog/machinery';
import type { Logger } from 'pino';
import type { AppendOutcome, Commit, LoggedCommand } from '../database/append';
import { Batch, type Submission } from './batch';
import { decideForLog, placed } from './decide-for-log';
import type { RecentCommands } from './recent-commands';

/** What the writer writes to, and where it looks up what it has forgotten. */
export interface LogStore {
  append(commit: Commit): Promise<AppendOutcome>;
  /** The commands of these ids that the log has. */
  findCommands(ids: readonly string[]): Promise<LoggedCommand[]>;
  /** The answer that a logged command had. */
  replyTo(command: LoggedCommand): Promise<CommandReply>;
}

export interface WriterOptions {
  /** The state at `position`: all of it committed. The writer keeps it so. */
  state: ClusterState;
  position: number;
  recent: RecentCommands;
  store: LogStore;
  settings: Stamp['settings'];
  /** Events in one commit, at most (one command's are never divided). */
  commitEvents: number;
  /** JSON of one event's data, at most: what the bus can carry. */
  maxDataBytes: () => number;
  publish: (applied: Applied, text: string) => void;
  /** After each commit, once its events are published and its commands answered. */
  onCommitted?: (events: readonly LogEvent[]) => void;
  clock: () => { time: string; uid: () => string };
  logger: Logger;
}

/** Events decided and not committed, at most: what waits longer is better told so. */
const MAX_AHEAD = 50_000;
const OVERLOADED: CommandReply = {
  ok: false,
  status: statusOf.tooManyRequests('the journal has more to write than it can keep up with; try again later', 1),
};

/**
 * The only one who appends. Commands are decided the moment they arrive, on the state ahead of the commit in flight,
 * and share the next commit. Nothing is published or answered before Postgres has it; an answer that rests on
 * another command's events (a name that is taken) waits for their commit too.
 */
export class Writer {
  /** What is committed and published. */
  readonly state: ClusterState;
  #position: number;
  /** What is decided: ahead of the above by the batches under way. */
  #ahead: ClusterState;
  #aheadPosition: number;
  #next = new Batch();
  readonly #queue: Batch[] = [];
  /** Ids decided and not committed yet. */
  readonly #underWay = new Set<string>();
  #running: Promise<void> | undefined;
  #stopped = false;
  /** After a commit of unknown outcome nothing more may be written: it would be decided on what may not exist. */
  #dead = false;
  #resolveLost: (why: unknown) => void = () => undefined;
  /** Resolves, with the reason, when the outcome of a commit is unknown or another writer took over. */
  readonly lost: Promise<unknown>;

  constructor(private readonly options: WriterOptions) {
    this.state = options.state;
    this.#position = options.position;
    this.#ahead = options.state.copy();
    this.#aheadPosition = options.position;
    this.lost = new Promise((resolve) => (this.#resolveLost = resolve));
  }

  /** Of the last event that is committed and published. */
  get position(): number {
    return this.#position;
  }

  /** Decides commands, in order. Each is answered once what it came to is committed, or never (see `lost`). */
  submit(submissions: readonly Submission[]): void {
    if (this.#stopped) return;
    const { time, uid } = this.options.clock();
    for (const submission of submissions) this.#take(submission, time, uid);
    this.#start();
  }

  #lose(why: unknown): void {
    this.#dead = true;
    this.#stopped = true;
    this.#resolveLost(why);
  }

  /** Takes nothing more; resolves when everything under way is committed and answered, or lost. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  #take(submission: Submission, time: string, uid: () => string): void {
    const { id } = submission.command;
    const known = this.options.recent.get(id);
    if (known?.kind === 'answered') return submission.answer(known.reply);
    if (known?.kind === 'logged') return this.#answerFromLog(submission, known.command);
    if (this.#underWay.has(id)) return void this.#next.pending.push({ submission, outcome: { kind: 'repeated' } });
    if (this.#aheadPosition - this.#position > MAX_AHEAD) return submission.answer(OVERLOADED);
    const { settings } = this.options;
    const stamp: Stamp = {
      time,
      uid: needsUid(submission.command) ? uid() : '',
      position: this.#aheadPosition,
      settings,
    };
    this.#decide(submission, stamp);
  }

  #decide(submission: Submission, stamp: Stamp): void {
    const { command } = submission;
    const { maxDataBytes, logger } = this.options;
    const decided = decideForLog(this.#ahead, submission, stamp, maxDataBytes(), (error) =>
      logger.error({ err: error, command: command.id, type: command.type }, 'a command could not be decided'),
    );
    if (!decided.ok) return this.#refuse(submission, decided.status);
    const { events, texts, reply } = decided;
    const count = events.length;
    const first = this.#aheadPosition + 1;
    if (this.#next.events.length > 0 && this.#next.events.length + count > this.options.commitEvents) this.#close();
    const batch = this.#next;
    events.forEach((draft, commandSeq) => {
      const event = placed(draft, submission, stamp.time, first + commandSeq, commandSeq);
      batch.events.push(event);
      batch.texts.push(texts[commandSeq] as string);
      batch.applied.push(this.#ahead.apply(event));
    });
    this.#aheadPosition += count;
    if (count > 0) batch.commands.push({ id: command.id, first, count, items: reply.items });
    this.#underWay.add(command.id);
    batch.pending.push({ submission, outcome: { kind: 'accepted', reply, first, count } });
  }

  #refuse(submission: Submission, status: KubeStatus): void {
    const reply: CommandReply = { ok: false, status };
    if (this.options.recent.mayHaveForgotten) return this.#refuseUnlessLogged(submission, reply);
    this.#next.pending.push({ submission, outcome: { kind: 'refused', reply } });
  }

  /** A repeated command older than the memory must not be refused for what its first instance did. */
  #refuseUnlessLogged(submission: Submission, reply: CommandReply): void {
    const lookUp = async (): Promise<void> => {
      const [logged] = await this.options.store.findCommands([submission.command.id]);
      if (logged !== undefined) return this.#answerFromLog(submission, logged);
      this.#next.pending.push({ submission, outcome: { kind: 'refused', reply } });
      this.#start();
    };
    lookUp().catch((error: unknown) => this.#lose(error));
  }

  #answerFromLog(submission: Submission, command: LoggedCommand): void {
    this.options.store.replyTo(command).then(submission.answer, (error: unknown) => this.#lose(error));
  }

  #close(): void {
    this.#queue.push(this.#next);
    this.#next = new Batch();
  }

  /** One run at a time; it begins when all that came with one read of the socket is decided. */
  #start(): void {
    const isIdle = this.#next.isEmpty && this.#queue.length === 0;
    if (this.#running !== undefined || this.#dead || isIdle) return;
    this.#running = new Promise((resolve) => {
      setImmediate(() => {
        this.#run()
          .catch((error: unknown) => this.#lose(error))
          .finally(() => {
            this.#running = undefined;
            resolve();
          });
      });
    });
  }

  /** Commits batch after batch. While Postgres writes one, the one before it is published and answered. */
  async #run(): Promise<void> {
    let batch = this.#shift();
    let outcome = this.#append(batch);
    while (batch !== undefined) {
      const said = await outcome;
      if (said === 'deposed') throw new Error('another journal has begun a new epoch');
      const isCommitted = said === 'committed';
      if (!isCommitted) await this.#redecide(batch);
      const next = this.#shift();
      outcome = this.#append(next);
      if (isCommitted) this.#committed(batch);
      batch = next;
    }
  }

  #append(batch: Batch | undefined): Promise<AppendOutcome> {
    if (batch === undefined || batch.events.length === 0) return Promise.resolve('committed');
    const outcome = this.options.store.append(batch);
    // Its failure is dealt with where it is awaited, a moment after this turn.
    outcome.catch(() => undefined);
    return outcome;
  }

  #shift(): Batch | undefined {
    if (this.#queue.length === 0 && !this.#next.isEmpty) this.#close();
    return this.#queue.shift();
  }

  #committed(batch: Batch): void {
    const { publish, onCommitted } = this.options;
    for (let i = 0; i < batch.applied.length; i++) {
      const applied = batch.applied[i] as Applied;
      const { resource, namespace, name } = applied.event;
      if (applied.after === undefined) this.state.remove(resource, namespace, name);
      else this.state.put(resource, applied.after);
      publish(applied, batch.texts[i] as string);
    }
    this.#position += batch.events.length;
    for (const pending of batch.pending) this.#answer(pending);
    onCommitted?.(batch.events);
  }

  #answer({ submission, outcome }: Batch['pending'][number]): void {
    const { command, answer } = submission;
    switch (outcome.kind) {
      case 'accepted': {
        const reply = replyOf(outcome.reply, outcome.first, outcome.count);
        this.#underWay.delete(command.id);
        this.options.recent.add(command.id, reply);
        return answer(reply);
      }
      case 'refused':
        return answer(outcome.reply);
      case 'repeated': {
        const known = this.options.recent.get(command.id);
        if (known?.kind === 'answered') answer(known.reply);
      }
    }
  }

  /**
   * Postgres knows one of the commands from before the memory of this process: nothing of the batch was written. What is
   * decided ahead is dropped, the known ones are answered from the log, and the others decided again, in their order.
   */
  async #redecide(batch: Batch): Promise<void> {
    const batches = [batch, ...this.#queue.splice(0), this.#next];
    this.#next = new Batch();
    this.#underWay.clear();
    this.#ahead = this.state.copy();
    this.#aheadPosition = this.#position;
    const submissions = batches.flatMap((one) => one.pending.map(({ submission }) => submission));
    const known = await this.options.store.findCommands(batch.commands.map(({ id }) => id));
    const byId = new Map(known.map((command) => [command.id, command]));
    const { time, uid } = this.options.clock();
    for (const submission of submissions) {
      const command = byId.get(submission.command.id);
      if (command === undefined) this.#take(submission, time, uid);
      else this.#answerFromLog(submission, command);
    }
  }
}

function needsUid({ type }: AnyCommand): boolean {
  return type === 'CreateObject';
}
