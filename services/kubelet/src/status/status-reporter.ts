import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { newCommandId, type Bus } from '@shiplog/bus';
import {
  nodeActor,
  type Command,
  type CommandReply,
  type ItemResult,
  type PodRef,
  type PodStatus,
} from '@shiplog/contracts';
import { sameJson } from '@shiplog/apimachinery';
import { BUS, CONFIG, LOGGER } from '@shiplog/service';
import { BackOff } from '@shiplog/wait';
import type { Logger } from 'pino';
import type { Pod } from '../domain/pod';
import type { Causes } from '../pod/domain/causes';
import type { KubeletConfig } from '../settings';

/** How long "it is being created" may wait for something better to say. */
const PATIENCE_MS = 1_000;
const BACK_OFF = { firstMs: 200, longestMs: 5_000 };
/** An item that the journal refuses is worth another try, but not a hot loop. */
const REFUSED_RETRY_MS = 5_000;
/** Waiting reasons that say no more than that the pod is on its way. */
const ON_ITS_WAY = new Set(['ContainerCreating', 'PodInitializing']);

interface Entry {
  pod: Pod;
  status: PodStatus;
  causes: Causes;
  /** Epoch milliseconds; undefined: nothing to send. */
  dueAt: number | undefined;
  /** What the log has accepted last, and where it stood then. */
  accepted?: { status: PodStatus; position: number };
  settled: (() => void)[];
}

/**
 * Takes the pods' statuses to the log: only those that differ from it, all that are due in one command, one command at a
 * time; what changes meanwhile goes with the next. Level-triggered: what another one wrote over a status is written again.
 */
@Injectable()
export class StatusReporter implements OnApplicationShutdown {
  readonly #entries = new Map<string, Entry>();
  #sending = false;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Infinity;
  readonly #backOff = new BackOff(BACK_OFF);
  #closed = false;

  constructor(
    @Inject(BUS) private readonly bus: Pick<Bus, 'command'>,
    @Inject(CONFIG) private readonly config: Pick<KubeletConfig, 'nodeName'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** The status as it is now; sent if the log has another one. Never waits. */
  offer(pod: Pod, status: PodStatus, causes: Causes): void {
    const entry = this.#entry(pod, status, causes);
    const inLog = pod.status !== undefined && sameJson(pod.status, status);
    const { accepted } = entry;
    // The log may hold it in another form than it was sent: then its acceptance counts, until the pod changes again.
    const taken =
      accepted !== undefined &&
      Number(pod.metadata.resourceVersion) <= accepted.position &&
      sameJson(accepted.status, status);
    if (inLog || taken) {
      entry.dueAt = undefined;
      this.#release(entry);
      return;
    }
    const dueAt = Date.now() + (isUrgent(status) ? 0 : PATIENCE_MS);
    entry.dueAt = Math.min(dueAt, entry.dueAt ?? dueAt);
    this.#schedule();
  }

  /** As `offer`, and resolves once the log has it (or the pod is gone from there). */
  settle(pod: Pod, status: PodStatus, causes: Causes): Promise<void> {
    return new Promise((resolve) => {
      this.#entry(pod, status, causes).settled.push(resolve);
      this.offer(pod, status, causes);
    });
  }

  forget(uid: string): void {
    const entry = this.#entries.get(uid);
    if (entry === undefined) return;
    this.#entries.delete(uid);
    this.#release(entry);
  }

  onApplicationShutdown(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #entry(pod: Pod, status: PodStatus, causes: Causes): Entry {
    const known = this.#entries.get(pod.metadata.uid);
    if (known !== undefined) return Object.assign(known, { pod, status, causes });
    const entry: Entry = { pod, status, causes, dueAt: undefined, settled: [] };
    this.#entries.set(pod.metadata.uid, entry);
    return entry;
  }

  #release(entry: Entry): void {
    for (const resolve of entry.settled.splice(0)) resolve();
  }

  #schedule(): void {
    if (this.#sending || this.#closed) return;
    let next = Infinity;
    for (const { dueAt } of this.#entries.values()) next = Math.min(next, dueAt ?? Infinity);
    if (next === this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = next;
    if (next === Infinity) return;
    // At least one turn of the event loop, so that everything of this turn travels together.
    this.#timer = setTimeout(() => void this.#send(), Math.max(0, next - Date.now()));
  }

  async #send(): Promise<void> {
    this.#timerAt = Infinity;
    const now = Date.now();
    const due = [...this.#entries.values()].filter((entry) => entry.dueAt !== undefined && entry.dueAt <= now);
    if (due.length === 0) return this.#schedule();
    const sent = due.map((entry) => ({ entry, status: entry.status }));
    for (const entry of due) entry.dueAt = undefined;
    this.#sending = true;
    try {
      this.#take(sent, await this.bus.command(this.#command(sent)));
      this.#backOff.succeeded();
    } catch (error) {
      this.logger.warn({ err: error, pods: sent.length }, 'could not report pods; trying again');
      const retryAt = now + this.#backOff.failed();
      for (const { entry } of sent) entry.dueAt ??= retryAt;
    } finally {
      this.#sending = false;
      this.#schedule();
    }
  }

  #command(sent: readonly { entry: Entry; status: PodStatus }[]): Command<'ReportPods'> & { type: 'ReportPods' } {
    const { nodeName: node } = this.config;
    const pods = sent.map(({ entry: { pod, causes }, status }) => ({
      ...refOf(pod),
      status,
      cause: causes.pod,
      containers: causes.containers,
    }));
    return { id: newCommandId(), type: 'ReportPods', actor: nodeActor(node), data: { node, pods } };
  }

  #take(sent: readonly { entry: Entry; status: PodStatus }[], reply: CommandReply): void {
    sent.forEach(({ entry, status }, i) => {
      const result: ItemResult = reply.ok ? (reply.results?.[i] ?? { ok: true, position: reply.position }) : reply;
      if (result.ok) return this.#accepted(entry, status, result.position);
      // Gone, or another pod of that name: the log's own events will say so.
      const isGone = result.status.code === 404 || result.status.code === 409;
      if (isGone) return this.#accepted(entry, status, Number(entry.pod.metadata.resourceVersion));
      this.logger.error({ pod: entry.pod.metadata.name, status: result.status }, 'the journal refused a report');
      entry.dueAt ??= Date.now() + REFUSED_RETRY_MS;
    });
  }

  #accepted(entry: Entry, status: PodStatus, position: number): void {
    const seen = Number(entry.pod.metadata.resourceVersion);
    entry.accepted = { status, position: Math.max(position, seen) };
    if (sameJson(entry.status, status)) this.#release(entry);
    else this.offer(entry.pod, entry.status, entry.causes);
  }
}

function refOf({ metadata }: Pod): PodRef {
  return { namespace: metadata.namespace ?? '', name: metadata.name, uid: metadata.uid };
}

/**
 * Whether a status has anything to say that somebody waits for. A pod that is just being started will soon have more to
 * say: in most cases its first report is that it runs, and one write to the log is saved.
 */
function isUrgent(status: PodStatus): boolean {
  if (status.phase !== 'Pending') return true;
  const all = [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])];
  return all.some(({ state }) => state?.waiting === undefined || !ON_ITS_WAY.has(state.waiting.reason ?? ''));
}
