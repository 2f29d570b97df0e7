import { StatusError, addressOf, subjects, type KubeStatus } from '@shiplog/contracts';
import type { Msg, Subscription } from 'nats';
import { watchOf, type ConnectionWatch } from './connection-watch';
import { BusUnavailable, StreamBroken } from './errors';
import { fromBytes, toBytes } from './json';
import { listen } from './listen';
import { chunkOf, newStreamId, ONE_WAY, problemWith, type Control, type Pace, type StreamEnd } from './stream-wire';

/** Where a stream comes from: who is asked for it; or nobody, where its writer has been told of the subject already. */
export interface Origin {
  /** The subject that is asked, or for people a name of the stream. */
  readonly subject: string;
  readonly request?: Uint8Array;
  readonly id?: string;
  readonly pace?: Pace;
}

/** The reader's end of one stream: what has come, checked, and not been taken yet. */
export class Source {
  readonly #own: string;
  readonly #pace: Pace;
  /** Resolves with its writer's control subject at its first word; rejects when the stream is over before. */
  readonly reached: Promise<string>;
  /** Resolves once its writer says that the stream is taken; rejects when it is over before. */
  readonly opened: Promise<void>;
  /** Settles when the stream is over, also while chunks wait to be taken: with what broke it off, if anything did. */
  readonly over: Promise<Error | undefined>;
  #reach!: (control: string) => void;
  #open!: () => void;
  #close!: (error: Error | undefined) => void;
  readonly #watch: ConnectionWatch;
  readonly #subscription: Subscription;
  readonly #looks: NodeJS.Timeout;
  readonly #unwatch: () => void;
  /** Of the first writer that answered: another one's chunks are not of this stream. */
  #control: string | undefined;
  #chunks: Uint8Array[] = [];
  #received = 0;
  #taken = 0;
  #acknowledged = 0;
  /** Looks since the writer was last heard. */
  #silent = 0;
  #over: { readonly error?: Error } | undefined;
  #wake: (() => void) | undefined;

  constructor(
    private readonly end: StreamEnd,
    private readonly from: Origin,
  ) {
    const { connection, identity, onError } = end;
    const { id = newStreamId(), pace = ONE_WAY } = from;
    this.#pace = pace;
    this.#own = subjects.stream(addressOf(identity), id);
    this.over = new Promise((resolve) => (this.#close = resolve));
    this.reached = this.#before((resolve) => (this.#reach = resolve));
    this.opened = this.#before((resolve) => (this.#open = resolve));
    this.#watch = watchOf(connection, onError);
    const onNobody = (): void => this.#miss();
    this.#subscription = listen(connection, this.#own, { onError, onNobody }, (message) => this.#receive(message));
    this.#looks = setInterval(() => this.#look(), pace.lookMs);
    this.#unwatch = this.#watch.on('lost', () => this.#break('connection', 'the connection of its reader was lost'));
    this.#watch.whenUp(() => this.#ask());
  }

  /** The next chunk; undefined after the last. Throws what ended the stream, after what had come whole till then. */
  async next(): Promise<Uint8Array | undefined> {
    while (this.#chunks.length === 0 && this.#over === undefined) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) {
      this.#taken++;
      if (this.#taken % (this.#pace.window / 4) === 0 && this.#over === undefined) this.#acknowledge();
      return chunk;
    }
    if (this.#over?.error !== undefined) throw this.#over.error;
    return undefined;
  }

  /** Whether its writer has come to its end. What had come before may still wait to be taken. */
  get hasEnded(): boolean {
    return this.#over !== undefined && this.#over.error === undefined;
  }

  /** Turns away: what has not been taken is not wanted any more. */
  leave(): void {
    this.#chunks = [];
    this.#finish({}, { cancel: true });
  }

  /** Ends it, as broken off, and has its writer stop. */
  break(error: Error): void {
    this.#finish({ error }, { cancel: true });
  }

  /** What comes before the end, or never: then the promise, which nobody need await, rejects. */
  #before<T>(give: (resolve: (value: T) => void) => void): Promise<T> {
    const promise = new Promise<T>((resolve, reject) => {
      give(resolve);
      const never = new StreamBroken(this.from.subject, 'writer', 'it ended before it began');
      void this.over.then((error) => reject(error ?? never));
    });
    promise.catch(() => undefined);
    return promise;
  }

  #ask(): void {
    const { subject, request } = this.from;
    if (this.#over !== undefined || request === undefined) return;
    this.#guarded(() => this.end.connection.publish(subject, request, { reply: this.#own }));
  }

  #receive(message: Msg): void {
    try {
      this.#hear(message);
    } catch (error) {
      this.#fail(error);
    }
  }

  #hear(message: Msg): void {
    const { reply } = message;
    const chunk = chunkOf(message);
    if (chunk === undefined) return this.#finish({ error: refusalOf(message) });
    if (reply === undefined || reply === '') throw new Error('a chunk without its control subject');
    if (this.#control === undefined) this.#reach((this.#control = reply));
    if (reply !== this.#control) return this.#say(reply, { cancel: true });
    this.#silent = 0;
    const problem = problemWith(chunk, this.#received, this.#acknowledged + this.#pace.window);
    if (problem !== undefined) return this.#break('chunk', problem);
    switch (chunk.kind) {
      case 'data':
        this.#received++;
        this.#chunks.push(message.data);
        return this.#tell();
      case 'open':
        return this.#open();
      case 'ping':
        return this.#acknowledge();
      case 'end':
        return this.#finish({});
      case 'error':
        return this.#finish({ error: new StatusError(fromBytes<KubeStatus>(message.data)) });
      case 'broken':
        return this.#break('writer', Buffer.from(message.data).toString());
    }
  }

  /** NATS' word that nobody listens: on the question, or on an acknowledgement. */
  #miss(): void {
    if (this.#control !== undefined) return this.#break('writer', 'its writer is gone');
    this.#finish({ error: new BusUnavailable(this.from.subject, 0, 'nobody listens') });
  }

  /** Says again what may have been lost, and finds out whether the other side is there. */
  #look(): void {
    const silent = this.#silent++;
    const { silentLooks, askAgainAt } = this.#pace;
    if (silent >= silentLooks) return this.#giveUp();
    if (this.#control !== undefined) this.#acknowledge();
    else if (askAgainAt.includes(silent)) this.#ask();
  }

  #giveUp(): void {
    const waited = this.#pace.silentLooks * this.#pace.lookMs;
    if (this.#control !== undefined) return this.#break('writer', `its writer said nothing for ${waited / 1_000} s`);
    this.#finish({ error: new BusUnavailable(this.from.subject, waited, 'no answer') });
  }

  #break(lost: StreamBroken['lost'], reason: string): void {
    this.#finish({ error: new StreamBroken(this.from.subject, lost, reason) }, { cancel: true });
  }

  #finish(over: { readonly error?: Error }, farewell?: Control): void {
    if (this.#over !== undefined) return;
    this.#over = over;
    this.#close(over.error);
    clearInterval(this.#looks);
    this.#unwatch();
    this.#subscription.unsubscribe();
    const control = this.#control;
    if (control !== undefined && farewell !== undefined) this.#watch.whenUp(() => this.#say(control, farewell));
    this.#tell();
  }

  #tell(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  #acknowledge(): void {
    if (this.#control === undefined) return;
    this.#acknowledged = this.#taken;
    this.#say(this.#control, { received: this.#taken });
  }

  /** With its own subject as where to answer, so that NATS says there when the writer is gone. */
  #say(control: string, message: Control): void {
    const options = 'cancel' in message ? {} : { reply: this.#own };
    this.#guarded(() => this.end.connection.publish(control, toBytes(message), options));
  }

  /** A connection that is being closed takes nothing any more. */
  #guarded(publish: () => void): void {
    try {
      if (!this.end.connection.isClosed()) publish();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#finish({ error: error instanceof Error ? error : new Error(String(error)) }, { cancel: true });
  }
}

/** A request that never became a stream is answered as any other: with a failure. */
function refusalOf(message: Msg): Error {
  const answer = fromBytes<{ failed?: KubeStatus } | undefined>(message.data);
  return answer?.failed === undefined ? new Error('the answer is not a stream') : new StatusError(answer.failed);
}
