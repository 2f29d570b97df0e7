import { setMaxListeners } from 'node:events';
import { sendUntilAnswered } from '@shiplog/bus';
import type { AppliedEvent } from '@shiplog/cluster';
import type { AnyCommand, CommandReply, Reconciliation } from '@shiplog/contracts';
import { KeyedBackOff, pause, type BackOffBounds } from '@shiplog/wait';
import type { Client, ReconcilerLog } from './client';
import {
  isMoot,
  isRace,
  keysOfChange,
  momentOf,
  tellingRefusals,
  type Controller,
  type ObjectChange,
  type PlannedCommand,
  type Refusal,
} from './domain/controller';
import { NotedRequest } from './domain/noted-request';
import { planHash } from './domain/plan-hash';
import { Turns, type Work } from './turns';
import { WorkQueue, type DueKey } from './domain/work-queue';

export interface ReconcilerOptions {
  /** Who the commands come from, for example `system:shiplog:controller`. */
  actor: string;
  /** First and longest wait after a failed attempt. */
  backOff?: BackOffBounds;
  /** Every key is looked at again this often, against whatever was missed. */
  resyncMs?: number;
  /** Keys reconciled, at most, before the event loop gets a turn. */
  sliceSize?: number;
  /** Shared by all of a process. */
  turns?: Turns;
}

const DEFAULTS = { backOff: { firstMs: 50, longestMs: 30_000 }, resyncMs: 600_000, sliceSize: 64 };
/** Lost races in a row that are not worth a warning. */
const RACES_UNSAID = 3;
/** How long a stop waits for answers. */
const STOP_PATIENCE_MS = 2_000;
/** setTimeout takes no more. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Runs one controller: events wake keys, each key is reconciled on the present state, its commands go out in the
 * same tick as those of the other due keys (the bus makes one message of them), and the key rests until the
 * projection shows what it wrote.
 */
export class Reconciler {
  private readonly queue = new WorkQueue();
  private readonly backOff: KeyedBackOff;
  private readonly refused = new Map<string, readonly Refusal[]>();
  private readonly options: Required<Omit<ReconcilerOptions, 'turns'>>;
  private readonly turns: Turns;
  private stopWatching: (() => void) | undefined;
  /** Aborted by a stop: nothing is sent again from then on. */
  private stopping = new AbortController();
  private timer: { handle: NodeJS.Timeout; at: number } | undefined;
  private resyncTimer: NodeJS.Timeout | undefined;
  private readonly inFlight = new Set<Promise<void>>();
  /** Those of a resync that are yet to be gathered. */
  private keys: Iterator<string | undefined> | undefined;

  constructor(
    readonly controller: Controller,
    private readonly client: Client,
    private readonly log: ReconcilerLog,
    options: ReconcilerOptions,
  ) {
    const { turns = new Turns(), ...others } = options;
    this.turns = turns;
    this.options = { ...DEFAULTS, ...others };
    this.backOff = new KeyedBackOff(this.options.backOff);
  }

  /** Begins with every key there is. */
  start(): void {
    if (this.started) return;
    this.stopping = new AbortController();
    // As many may listen as there are commands without an answer.
    setMaxListeners(0, this.stopping.signal);
    this.stopWatching = this.client.onApplied((batch) => this.applied(batch));
    this.resyncTimer = setInterval(() => this.resync(), this.options.resyncMs).unref();
    this.resync();
  }

  /** Looks at every key again. */
  resync(): void {
    this.keys = this.controller.allKeys(this.client.state)[Symbol.iterator]();
    this.wake();
  }

  /** Wakes one key for a reason that is no event of the log, for example a signal. */
  enqueue(key: string): void {
    this.queue.add(key);
    this.wake();
  }

  /** Starts nothing more, and resolves when what runs has ended, or soon: an answer may be long in coming. */
  async stop(): Promise<void> {
    this.stopWatching?.();
    this.stopping.abort();
    this.stopWatching = undefined;
    clearInterval(this.resyncTimer);
    clearTimeout(this.timer?.handle);
    this.turns.forget(this.work);
    this.timer = undefined;
    this.keys = undefined;
    this.queue.clear();
    const patience = new AbortController();
    void Promise.allSettled(this.inFlight).then(() => patience.abort());
    await pause(STOP_PATIENCE_MS, patience.signal);
  }

  /** Whether nothing is due, running or waiting for its write to be seen (timed keys may be planned). */
  get idle(): boolean {
    return this.queue.size === 0 && this.keys === undefined;
  }

  private get started(): boolean {
    return this.stopWatching !== undefined;
  }

  private applied(batch: readonly AppliedEvent[]): void {
    for (const { event, before, after } of batch) {
      const change = { resource: event.resource, position: event.position, before, after } as ObjectChange;
      for (const key of keysOfChange(this.controller, change, this.client.state)) this.queue.add(key, event.position);
    }
    this.queue.reached(this.client.position);
    this.wake();
  }

  private wake(): void {
    if (this.started) this.turns.ask(this.work);
  }

  private readonly work: Work = (until) => {
    if (!this.gather(until)) return this.wake();
    for (let taken = 0; ; taken++) {
      if (taken === this.options.sliceSize || performance.now() > until) {
        this.wake();
        break;
      }
      const [due] = this.queue.take(this.client.now(), 1);
      if (due === undefined) break;
      const run = this.runKey(due).finally(() => this.inFlight.delete(run));
      this.inFlight.add(run);
    }
    this.planTimer();
  };

  /** Whether all keys of a resync are known. */
  private gather(until: number): boolean {
    while (this.keys !== undefined && performance.now() <= until) {
      const { done, value } = this.keys.next();
      if (done === true) this.keys = undefined;
      else if (value !== undefined) this.queue.add(value);
    }
    return this.keys === undefined;
  }

  /** One timer, for the key that is due first. */
  private planTimer(): void {
    const at = this.queue.nextAt();
    if (at === undefined || !this.started || (this.timer !== undefined && this.timer.at <= at)) return;
    clearTimeout(this.timer?.handle);
    const handle = setTimeout(
      () => {
        this.timer = undefined;
        this.wake();
      },
      Math.min(Math.max(at - this.client.now(), 0), MAX_TIMER_MS),
    );
    this.timer = { handle, at };
  }

  private async runKey({ key, cause }: DueKey): Promise<void> {
    try {
      await this.attempt(key, cause);
    } catch (error) {
      this.retryLater(key, 'error', error instanceof Error ? (error.stack ?? error.message) : String(error));
    } finally {
      this.queue.done(key);
      this.wake();
    }
  }

  private async attempt(key: string, cause: number | undefined): Promise<void> {
    const { position } = this.client;
    const now = momentOf(this.client.now());
    const request = new NotedRequest(this.client, now, this.refused.get(key) ?? []);
    const outcome = await this.controller.reconcile(key, request);
    const { commands, basis = position, requeueAfterMs, warnings = [], notes = [] } = outcome;
    for (const note of notes) this.client.note(note);
    for (const warning of warnings) this.log.warn({ controller: this.controller.name, key }, warning);
    if (requeueAfterMs !== undefined) this.queue.addAt(key, now.ms + requeueAfterMs);
    const reconciled = this.record(key, request, commands);
    const sent = commands.map((planned) => this.nameCommand(planned, { cause, basis, reconciled }));
    this.conclude(key, commands, await Promise.allSettled(sent.map((command) => this.send(key, command))));
  }

  /** While nobody answers it is in doubt whether it was decided, so its key decides nothing new. */
  private send(key: string, command: AnyCommand): Promise<CommandReply | undefined> {
    return sendUntilAnswered(this.client, command, {
      backOff: this.options.backOff,
      signal: this.stopping.signal,
      onUnavailable: (error, attempt, waitMs) => {
        const fields = { controller: this.controller.name, key, command: command.type, attempt, waitMs };
        this.log.warn({ ...fields, error: String(error) }, 'no answer to a command; sending it again');
      },
    });
  }

  /** What it takes to make the decision again. */
  private record(key: string, { now, observed }: NotedRequest, commands: readonly PlannedCommand[]): Reconciliation {
    const record = { by: this.controller.name, key, now: now.ms, plan: planHash(commands) };
    return observed === undefined ? record : { ...record, observed };
  }

  private nameCommand(
    { id = this.client.newCommandId(), type, data }: PlannedCommand,
    reasons: Pick<AnyCommand, 'cause' | 'basis' | 'reconciled'>,
  ): AnyCommand {
    return { id, actor: this.options.actor, type, ...reasons, data } as AnyCommand;
  }

  private conclude(
    key: string,
    planned: readonly PlannedCommand[],
    answers: readonly PromiseSettledResult<CommandReply | undefined>[],
  ): void {
    const refused: Refusal[] = [];
    let failed: PromiseRejectedResult | undefined;
    planned.forEach((command, i) => {
      const answer = answers[i];
      if (answer?.status === 'rejected') failed = answer;
      const reply = answer?.status === 'fulfilled' ? answer.value : undefined;
      if (reply === undefined || (!reply.ok && isMoot(reply.status))) return;
      if (!reply.ok) return void refused.push({ command, status: reply.status });
      if (command.note !== undefined) this.client.note(command.note);
      if (reply.position > this.client.position) this.queue.hold(key, reply.position);
    });
    if (failed !== undefined) throw failed.reason;
    if (refused.length === 0) {
      this.refused.delete(key);
      this.backOff.succeeded(key);
      return;
    }
    this.refused.set(key, tellingRefusals(refused));
    const first = refused[0]?.status;
    const level = refused.every(({ status }) => isRace(status)) ? 'race' : 'warn';
    this.retryLater(key, level, `${refused.length} of ${planned.length} commands refused: ${first?.message ?? ''}`);
  }

  /** A race is lost now and then; only one that is lost again and again is worth a warning. */
  private retryLater(key: string, level: 'race' | 'warn' | 'error', reason: string): void {
    const { attempt, waitMs } = this.backOff.failed(key);
    this.queue.addAt(key, this.client.now() + waitMs);
    const shown = level !== 'race' ? level : attempt <= RACES_UNSAID ? 'debug' : 'warn';
    this.log[shown]({ controller: this.controller.name, key, attempt, waitMs, reason }, 'will try again');
  }
}
