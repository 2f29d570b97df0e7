import { AskedQuestions, type AnsweredQuestion, type WebhookQuestion } from '@shiplog/admission';
import { principalName, type AnyCommand, type KubeStatus } from '@shiplog/contracts';
import type { Submission, Waiting } from './batch';
import type { LoggableDecision } from './decide/for-log';
import { restless } from './replies';

/** Asks webhooks; answers each question, whatever becomes of it. */
export type Ask = (questions: readonly WebhookQuestion[], basis: number) => Promise<readonly AnsweredQuestion[]>;

/** Commands that webhooks are asked about at once, and those that wait behind them. */
const MOST_ASKING = 5_000;
const MOST_BEHIND = 10_000;
/** Of both, the messages that they came in. */
const MOST_BYTES = 64 * 1024 * 1024;

/** What webhooks have answered of one command, and from when on it is decided anew with that: nothing else about it changes. */
export class Asking extends AskedQuestions {
  /** @param position of the state on which it was decided first */
  constructor(
    readonly time: string,
    readonly uid: string,
    readonly position: number,
  ) {
    super();
  }
}

interface Postponed {
  readonly basis: number;
  readonly begin: () => void;
  /** Decides the command again, without having asked. */
  readonly goOn: () => void;
}

/** What those who wait rest on: the writer. */
interface Host {
  /** Of the last event that is decided, and of the last that is committed. */
  position(): number;
  committed(): number;
  isStopped(): boolean;
  refuse(waiting: Waiting, status: KubeStatus): void;
  /** There is too much to do. */
  turnAway(waiting: Waiting): void;
  /** A defect came to light when it was to go on. */
  broke(waiting: Waiting, error: unknown): void;
  take(submission: Submission): void;
  /** Commits what was decided. */
  start(): void;
}

/**
 * Commands that wait for what webhooks answer: they are decided again with it. A webhook is shown nothing that is not committed. What a
 * sender asks of the same object meanwhile waits behind, so that it is decided in the order in which it was sent; an api's
 * requests are in no order.
 */
export class Askings {
  #count = 0;
  #behindCount = 0;
  #bytes = 0;
  #postponed: Postponed[] = [];
  readonly #behind = new Map<string, Submission[]>();

  constructor(
    private readonly ask: Ask | undefined,
    private readonly host: Host,
  ) {}

  /**
   * Whether webhooks have to be asked before a command is decided. Then they are, and it is decided `again`; or it is answered without,
   * where that has been too often, or there is too much to do.
   */
  mustAsk(
    waiting: Waiting,
    decided: LoggableDecision,
    { time, uid, again }: { readonly time: string; readonly uid: string; readonly again: () => void },
  ): boolean {
    if (decided.ok || decided.questions === undefined) return false;
    const { questions } = decided;
    const { host } = this;
    const asking = (waiting.asking ??= new Asking(time, uid, host.position()));
    if (!asking.mayAsk(questions)) host.refuse(waiting, restless(waiting.submission.command));
    else if (this.#isFull) host.turnAway(waiting);
    else {
      this.#begin(waiting, asking, questions, again);
      return true;
    }
    this.decided(waiting);
    return true;
  }

  get #isFull(): boolean {
    const isTooMuch = this.#count >= MOST_ASKING || this.#behindCount >= MOST_BEHIND || this.#bytes >= MOST_BYTES;
    return isTooMuch || this.ask === undefined;
  }

  /** Asks, once all is committed that the questions show. */
  #begin(waiting: Waiting, asking: Asking, questions: readonly WebhookQuestion[], again: () => void): void {
    const { host } = this;
    for (const delivery of waiting.deliveries) delivery.waits?.();
    const basis = host.position();
    const key = orderOf(waiting.submission);
    if (key !== undefined && !this.#behind.has(key)) this.#behind.set(key, []);
    const { bytes = 0 } = waiting.submission;
    this.#count += 1;
    this.#bytes += bytes;
    const goOn = (): void => {
      this.#count -= 1;
      this.#bytes -= bytes;
      again();
      host.start();
    };
    const begin = (): void => {
      const asked = this.ask?.(questions, basis).then((answered) => {
        if (host.isStopped()) return;
        asking.take(answered);
        goOn();
      });
      asked?.catch((error: unknown) => host.broke(waiting, error));
    };
    if (basis <= host.committed()) begin();
    else this.#postponed.push({ basis, begin, goOn });
  }

  /** More is committed. */
  advance(): void {
    if (this.#postponed.length === 0) return;
    const position = this.host.committed();
    const due = this.#postponed.filter(({ basis }) => basis <= position);
    this.#postponed = this.#postponed.filter(({ basis }) => basis > position);
    for (const { begin } of due) begin();
  }

  /** What was decided ahead is dropped: what rests on it is found out anew. */
  dropped(): void {
    for (const { goOn } of this.#postponed.splice(0)) goOn();
  }

  /** Whether a submission has to wait behind one that its sender sent before; then it does. */
  waitsBehind(submission: Submission): boolean {
    if (this.#behind.size === 0) return false;
    const key = orderOf(submission);
    const queue = key === undefined ? undefined : this.#behind.get(key);
    if (queue === undefined) return false;
    queue.push(submission);
    submission.waits?.();
    this.#behindCount += 1;
    this.#bytes += submission.bytes ?? 0;
    return true;
  }

  /** A command about which webhooks were asked is decided: what waited behind it comes now. */
  decided({ submission, asking }: Waiting): void {
    const key = asking === undefined ? undefined : orderOf(submission);
    const queue = key === undefined ? undefined : this.#behind.get(key);
    if (key === undefined || queue === undefined) return;
    this.#behind.delete(key);
    this.#behindCount -= queue.length;
    for (const next of queue) {
      this.#bytes -= next.bytes ?? 0;
      this.host.take(next);
    }
  }
}

/** Whose commands about what are decided in the order in which they came. */
function orderOf({ principal, command }: Submission): string | undefined {
  return principal.kind === 'api' ? undefined : `${principalName(principal)} ${command.actor} ${subjectOf(command)}`;
}

function subjectOf({ type, data }: AnyCommand): string {
  switch (type) {
    case 'CreateObject':
      return `${data.resource}/${data.namespace}/${String(data.object.metadata?.name)}`;
    case 'ReplaceObject':
    case 'PatchObject':
    case 'DeleteObject':
      return `${data.resource}/${data.namespace}/${data.name}`;
    case 'EvictPod':
      return `pods/${data.namespace}/${data.name}`;
    default:
      return type;
  }
}
