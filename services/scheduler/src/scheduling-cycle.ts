import { setImmediate as turn } from 'node:timers/promises';
import { serviceActor, type AnyCommand, type CommandReply, type ItemResult } from '@shiplog/contracts';
import type { Binding, PreemptionItem, Proposal, Reservation, Scheduling } from '@shiplog/scheduling';
import type { Logger } from 'pino';

/** What the cycle needs around it. */
export interface SchedulingCycleOptions {
  readonly scheduling: Scheduling;
  /** Pods in one batch, at most. */
  readonly batchLimit: number;
  readonly logger: Logger;
  /** The journal's answer, however long it takes; undefined when the service stops before. */
  readonly send: (command: AnyCommand) => Promise<CommandReply | undefined>;
  /** Resolves once everything up to a position is applied. */
  readonly seen: (position: number) => Promise<void>;
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number;
  readonly newSeed: () => number;
  readonly newCommandId: () => string;
  /** Called after each cycle, and when there is nothing to decide (any more): to say how things stand. */
  readonly onCycle: () => void;
}

const ACTOR = serviceActor('scheduler');

/**
 * Cycle after cycle while there are pods to decide on: decide, propose, wait for the answer and until what came of it is
 * seen. Pods that arrive meanwhile are in the next batch, so batches grow with the load and a single pod waits for nobody.
 */
export class SchedulingCycle {
  #active = false;
  #running = false;
  /** Position of the state that decisions are made on. */
  #basis = 0;
  /** Until there is something to decide though nothing happens. */
  #pause: NodeJS.Timeout | undefined;

  constructor(private readonly options: SchedulingCycleOptions) {}

  /** Only an active scheduler decides; one that stands by keeps its queue. */
  setActive(active: boolean): void {
    this.#active = active;
    this.#go();
  }

  /** The state is now that of a position: there may be something to decide. */
  advance(position: number): void {
    this.#basis = position;
    this.#go();
  }

  stop(): void {
    this.#active = false;
    clearTimeout(this.#pause);
  }

  #go(): void {
    if (this.#running || !this.#active) return;
    this.#running = true;
    void this.#run();
  }

  /** Whatever this throws is a defect: it ends the process, and the next one starts from the state. */
  async #run(): Promise<void> {
    const { scheduling, batchLimit, newSeed, now, onCycle } = this.options;
    clearTimeout(this.#pause);
    try {
      while (this.#active) {
        scheduling.tick(now());
        const proposal = scheduling.decide(newSeed(), batchLimit);
        if (proposal === undefined && !scheduling.hasMore) break;
        const isWaitedFor = proposal !== undefined && (await this.#carryOut(proposal));
        // Others have their turn, where no answer gave it to them.
        if (!isWaitedFor) await turn();
        onCycle();
      }
    } finally {
      this.#running = false;
    }
    onCycle();
    this.#pauseUntilDue();
  }

  #pauseUntilDue(): void {
    const { scheduling, now } = this.options;
    if (!this.#active || scheduling.dueAt === undefined) return;
    this.#pause = setTimeout(() => this.#go(), Math.max(scheduling.dueAt - now(), 1));
  }

  /** Resolves when what came of a proposal is seen, with whether anything was proposed. */
  async #carryOut({ bindings, preemptions, marks, reservations }: Proposal): Promise<boolean> {
    if (bindings.length + preemptions.length + marks.length + reservations.length === 0) return false;
    const bind = this.#command('BindPods', bindings, { bindings: [...bindings] });
    const evict = this.#command('PreemptPods', preemptions, { preemptions: [...preemptions] });
    const mark = this.#command('MarkPodsUnschedulable', marks, { pods: [...marks] });
    const reserving = reservations.map((reservation) => this.#reserve(reservation));
    const [bound, evicted, marked, ...reserved] = await Promise.all([
      this.#send(bind),
      this.#send(evict),
      this.#send(mark),
      ...reserving,
    ]);
    const positions = [bound, evicted, marked, ...reserved.flat()].map((reply) =>
      reply?.ok === true ? reply.position : 0,
    );
    await this.options.seen(Math.max(...positions));
    reservations.forEach((reservation, i) => this.#settleReservation(reservation, reserved[i] ?? []));
    if (bound !== undefined) this.#settle('a binding', bindings, bound);
    if (evicted !== undefined) this.#settle('a preemption', preemptions, evicted);
    if (marked?.ok === false) this.options.logger.warn({ status: marked.status }, 'marks were refused');
    return true;
  }

  #reserve({ cause, patches }: Reservation): Promise<(CommandReply | undefined)[]> {
    const { newCommandId, send } = this.options;
    const commands = patches.map((patch): AnyCommand => ({
      id: newCommandId(),
      actor: ACTOR,
      cause,
      basis: this.#basis,
      ...patch,
    }));
    return Promise.all(commands.map((command) => send(command)));
  }

  #settleReservation({ uid }: Reservation, replies: readonly (CommandReply | undefined)[]): void {
    const refused = replies.find((reply) => reply?.ok === false);
    if (refused === undefined) return;
    this.options.logger.info({ uid, reply: refused }, 'a volume was not to be had');
    this.options.scheduling.refuse(uid);
  }

  #send(command: AnyCommand | undefined): Promise<CommandReply | undefined> {
    return command === undefined ? Promise.resolve(undefined) : this.options.send(command);
  }

  /** One command for many pods; its own cause is the latest of theirs, each item has its own. */
  #command<T extends 'BindPods' | 'PreemptPods' | 'MarkPodsUnschedulable'>(
    type: T,
    items: readonly { readonly cause?: number }[],
    data: Extract<AnyCommand, { type: T }>['data'],
  ): AnyCommand | undefined {
    if (items.length === 0) return undefined;
    const cause = Math.max(...items.map((item) => item.cause ?? 0));
    return { id: this.options.newCommandId(), type, actor: ACTOR, cause, basis: this.#basis, data } as AnyCommand;
  }

  #settle(subject: string, items: readonly (Binding | PreemptionItem)[], reply: CommandReply): void {
    const results = reply.ok
      ? (reply.results ?? [])
      : items.map((): ItemResult => ({ ok: false, status: reply.status }));
    items.forEach(({ namespace, name, node }, i) => {
      const result = results[i];
      if (result?.ok === true) return;
      this.options.logger.info({ namespace, name, node, status: result?.status }, `${subject} was refused`);
    });
    this.options.scheduling.settle(items, results);
  }
}
