import { keepRunning } from '@shiplog/wait';
import type Docker from 'dockerode';
import type { Readable } from 'node:stream';
import type { RuntimeEvent } from '../runtime';
import { runtimeError } from './errors';
import { identityOf } from '../labels';

const BACK_OFF = { firstMs: 100, longestMs: 2_000 };
/** An engine that hangs without closing its socket is noticed by a ping that stays unanswered. */
const PING_EVERY_MS = 10_000;
const PING_LIMIT_MS = 8_000;

interface EngineEvent {
  Type: string;
  Action: string;
  Actor: { ID: string; Attributes: Record<string, string> };
}

type Change = Extract<RuntimeEvent, { type: 'container' }>['change'];

const CONTAINER_ACTIONS: Readonly<Record<string, Change>> = {
  die: 'ended',
  destroy: 'removed',
  start: 'started',
  oom: 'oom',
};

/** The engine's events about our containers and about images, for as long as it takes: connects again, later each time. */
export class EventStream {
  readonly #closing = new AbortController();

  constructor(
    private readonly docker: Docker,
    private readonly node: string,
    private readonly listener: (event: RuntimeEvent) => void,
  ) {}

  close(): void {
    this.#closing.abort();
  }

  /** Resolves once it is closed. */
  run(): Promise<void> {
    return keepRunning((well) => this.#connection(well), {
      backOff: BACK_OFF,
      signal: this.#closing.signal,
      onError: (error) => this.listener({ type: 'disconnected', reason: runtimeError(error).message }),
    });
  }

  /** One connection, from its start to its end, which is always an error. */
  async #connection(well: () => void): Promise<void> {
    const { signal } = this.#closing;
    const stream = (await this.docker.getEvents({ filters: { type: ['container', 'image'] } })) as Readable;
    if (signal.aborted) stream.destroy();
    const end = (): void => void stream.destroy();
    signal.addEventListener('abort', end, { once: true });
    const pings = setInterval(() => this.#ping(stream), PING_EVERY_MS);
    try {
      well();
      this.listener({ type: 'connected' });
      for await (const line of linesOf(stream)) this.#hear(JSON.parse(line) as EngineEvent);
      throw new Error('the container engine closed its event stream');
    } finally {
      clearInterval(pings);
      signal.removeEventListener('abort', end);
    }
  }

  #ping(stream: Readable): void {
    const limit = setTimeout(() => stream.destroy(new Error('the container engine does not answer')), PING_LIMIT_MS);
    this.docker
      .ping()
      .catch((error: Error) => stream.destroy(error))
      .finally(() => clearTimeout(limit));
  }

  #hear({ Type: type, Action: action, Actor: actor }: EngineEvent): void {
    if (type === 'image') return this.listener({ type: 'images' });
    const change = CONTAINER_ACTIONS[action];
    const identity = identityOf(actor.Attributes, this.node);
    if (change === undefined || identity === undefined) return;
    this.listener({ type: 'container', id: actor.ID, podUid: identity.pod.uid, change });
  }
}

/** The lines of a stream. By hand, since Node's readline never ends when its input is destroyed. */
async function* linesOf(stream: AsyncIterable<Buffer>): AsyncIterable<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield line;
  }
}
