import type Docker from 'dockerode';
import type { Readable } from 'node:stream';
import type { RuntimeEvent } from '../runtime';
import { identityOf } from './labels';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;
/** An engine that hangs without closing its socket is noticed by a ping that stays unanswered. */
const PING_EVERY_MS = 10_000;
const PING_LIMIT_MS = 8_000;

interface EngineEvent {
  Type: string;
  Action: string;
  Actor: { ID: string; Attributes: Record<string, string> };
}

const CONTAINER_ACTIONS: Readonly<Record<string, 'ended' | 'removed' | 'started'>> = {
  die: 'ended',
  destroy: 'removed',
  start: 'started',
};

/** The engine's events about our containers and about images, for as long as it takes: reconnects with a growing pause. */
export class EventStream {
  #closed = false;
  #stream: Readable | undefined;
  #wake: (() => void) | undefined;

  constructor(
    private readonly docker: Docker,
    private readonly node: string,
    private readonly listener: (event: RuntimeEvent) => void,
  ) {}

  close(): void {
    this.#closed = true;
    this.#stream?.destroy();
    this.#wake?.();
  }

  async run(): Promise<void> {
    let pause = FIRST_PAUSE_MS;
    while (!this.#closed) {
      const why = await this.#once(() => (pause = FIRST_PAUSE_MS));
      if (this.#closed) return;
      this.listener({ type: 'disconnected', why });
      await this.#sleep(pause);
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    }
  }

  /** One connection, from its start to its end; returns why it ended. */
  async #once(connected: () => void): Promise<string> {
    let pings: NodeJS.Timeout | undefined;
    try {
      const stream = (await this.docker.getEvents({ filters: { type: ['container', 'image'] } })) as Readable;
      this.#stream = stream;
      if (this.#closed) stream.destroy();
      connected();
      this.listener({ type: 'connected' });
      pings = setInterval(() => this.#ping(stream), PING_EVERY_MS);
      for await (const line of linesOf(stream)) this.#hear(JSON.parse(line) as EngineEvent);
      return 'the container engine closed its event stream';
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    } finally {
      clearInterval(pings);
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
    const what = CONTAINER_ACTIONS[action];
    const identity = identityOf(actor.Attributes, this.node);
    if (what === undefined || identity === undefined) return;
    this.listener({ type: 'container', id: actor.ID, podUid: identity.pod.uid, what });
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
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
