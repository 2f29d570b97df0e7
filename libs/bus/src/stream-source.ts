import { StatusError, addressOf, subjects, type KubeStatus } from '@shiplog/contracts';
import type { Msg, Subscription } from 'nats';
import { watchOf, type ConnectionWatch } from './connection-watch';
import { BusUnavailable, StreamBroken } from './errors';
import { fromBytes, toBytes } from './json';
import { listen } from './listen';
import {
  ACK_EVERY,
  chunkOf,
  LOOK_MS,
  newStreamId,
  problemWith,
  SILENT_LOOKS,
  WINDOW,
  type Control,
  type StreamEnd,
} from './stream-wire';

/** Looks without a first word after which it is asked for again: the question may have been lost. */
const ASK_AGAIN_AT: readonly number[] = [0, 2];

/** The reader's end of one stream: what has come, checked, and not been taken yet. */
export class Source {
  readonly #own: string;
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
    private readonly subject: string,
    private readonly request: Uint8Array,
  ) {
    const { connection, identity, onError } = end;
    this.#own = subjects.stream(addressOf(identity), newStreamId());
    this.#watch = watchOf(connection, onError);
    const onNobody = (): void => this.#miss();
    this.#subscription = listen(connection, this.#own, { onError, onNobody }, (message) => this.#receive(message));
    this.#looks = setInterval(() => this.#look(), LOOK_MS);
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
      if (this.#taken % ACK_EVERY === 0 && this.#over === undefined) this.#acknowledge();
      return chunk;
    }
    if (this.#over?.error !== undefined) throw this.#over.error;
    return undefined;
  }

  /** Turns away: what has not been taken is not wanted any more. */
  leave(): void {
    this.#chunks = [];
    this.#finish({}, { cancel: true });
  }

  #ask(): void {
    if (this.#over !== undefined) return;
    this.#guarded(() => this.end.connection.publish(this.subject, this.request, { reply: this.#own }));
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
    this.#control ??= reply;
    if (reply !== this.#control) return this.#say(reply, { cancel: true });
    this.#silent = 0;
    const problem = problemWith(chunk, this.#received, this.#acknowledged + WINDOW);
    if (problem !== undefined) return this.#break('chunk', problem);
    switch (chunk.kind) {
      case 'data':
        this.#received++;
        this.#chunks.push(message.data);
        return this.#tell();
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
    this.#finish({ error: new BusUnavailable(this.subject, 0, 'nobody listens') });
  }

  /** Says again what may have been lost, and finds out whether the other side is there. */
  #look(): void {
    const silent = this.#silent++;
    if (silent >= SILENT_LOOKS) return this.#giveUp();
    if (this.#control !== undefined) this.#acknowledge();
    else if (ASK_AGAIN_AT.includes(silent)) this.#ask();
  }

  #giveUp(): void {
    const waited = SILENT_LOOKS * LOOK_MS;
    if (this.#control !== undefined) return this.#break('writer', `its writer said nothing for ${waited / 1_000} s`);
    this.#finish({ error: new BusUnavailable(this.subject, waited, 'no answer') });
  }

  #break(lost: StreamBroken['lost'], reason: string): void {
    this.#finish({ error: new StreamBroken(this.subject, lost, reason) }, { cancel: true });
  }

  #finish(over: { readonly error?: Error }, farewell?: Control): void {
    if (this.#over !== undefined) return;
    this.#over = over;
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
