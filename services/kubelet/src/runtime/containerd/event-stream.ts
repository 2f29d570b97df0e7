import { randomUUID } from 'node:crypto';
import { keepRunning, pause } from '@shiplog/wait';
import type { RuntimeEvent } from '../runtime';
import { PUBLISH, SUBSCRIBE, TaskEvent, TaskExit, type Envelope } from './protocol/native';
import { grpcError } from './grpc/errors';
import type { GrpcClient } from './grpc/client';

const BACK_OFF = { firstMs: 100, longestMs: 2_000 };
/** Of what the subscriber says himself, to hear whether he hears. */
const OWN_TOPIC = '/shiplog/heard';
/** How long what was said is waited for, and how often something is said in quiet times. */
const ECHO_LIMIT_MS = 8_000;
const ECHO_EVERY_MS = 10_000;
/** Until the stream is there what is said is heard by nobody. */
const FIRST_ECHO_MS = 20;

const OURS = 'namespace==k8s.io';
const TOPICS = ['topic~="^/tasks/(start|exit|oom)$"', 'topic=="/containers/delete"', 'topic~="^/images/"'];

/** What happened to a container, by its id alone. */
export type ContainerChange = Extract<RuntimeEvent, { type: 'container' }>['change'];

export interface EventListener {
  connected(): void;
  disconnected(reason: string): void;
  images(): void;
  container(id: string, change: ContainerChange): void;
}

/** containerd's events about containers and images, for as long as it takes: connects again, later each time. */
export class EventStream {
  readonly #closing = new AbortController();

  constructor(
    private readonly client: GrpcClient,
    private readonly listener: EventListener,
  ) {}

  close(): void {
    this.#closing.abort();
  }

  /** Resolves once it is closed. */
  run(): Promise<void> {
    return keepRunning((well) => this.#connection(well), {
      backOff: BACK_OFF,
      signal: this.#closing.signal,
      onError: (error) => this.listener.disconnected(grpcError(error).message),
    });
  }

  /**
   * One connection, from its start to its end, which is always an error. That it is there the server does not say before the
   * first event, and a server that hangs says nothing either: so the subscriber says something, and has to hear it.
   */
  async #connection(well: () => void): Promise<void> {
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, this.#closing.signal]);
    const own = `${OWN_TOPIC}/${randomUUID()}`;
    const heard = new Echo(() => over.abort());
    const filters = [`topic=="${own}"`, ...TOPICS].map((topic) => `${OURS},${topic}`);
    const saying = this.#keepSaying(own, heard, signal);
    try {
      for await (const event of this.client.stream(SUBSCRIBE, { filters }, signal)) {
        if (event.topic !== own) this.#hear(event);
        else if (heard.echo()) {
          well();
          this.listener.connected();
        }
      }
      throw new Error(heard.isLate ? 'containerd does not answer' : 'containerd closed its event stream');
    } finally {
      over.abort();
      heard.stop();
      await saying;
    }
  }

  /** Until something was heard, again and again; then from time to time. */
  async #keepSaying(topic: string, heard: Echo, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      heard.expect();
      // What failed is not heard, and is missed in time.
      const event = { typeUrl: 'shiplog/heard' };
      await this.client.call(PUBLISH, { topic, event }, { signal, timeoutMs: ECHO_LIMIT_MS }).catch(() => undefined);
      await pause(heard.isLive ? ECHO_EVERY_MS : FIRST_ECHO_MS, signal);
    }
  }

  #hear({ topic, event }: Envelope): void {
    if (topic.startsWith('/images/')) return this.listener.images();
    const value = event?.value ?? new Uint8Array();
    switch (topic) {
      case '/tasks/start':
        return this.listener.container(TaskEvent.read(value).containerId, 'started');
      case '/tasks/oom':
        return this.listener.container(TaskEvent.read(value).containerId, 'oom');
      case '/containers/delete':
        return this.listener.container(TaskEvent.read(value).containerId, 'removed');
      case '/tasks/exit': {
        const { containerId, id } = TaskExit.read(value);
        // Commands in a container end too.
        if (id === containerId) this.listener.container(containerId, 'ended');
      }
    }
  }
}

/** Whether what is said is heard, and in time. */
class Echo {
  #limit: NodeJS.Timeout | undefined;
  isLive = false;
  isLate = false;

  constructor(private readonly late: () => void) {}

  expect(): void {
    this.#limit ??= setTimeout(() => {
      this.isLate = true;
      this.late();
    }, ECHO_LIMIT_MS);
  }

  /** Something was heard; whether it was the first. */
  echo(): boolean {
    this.stop();
    const isFirst = !this.isLive;
    this.isLive = true;
    return isFirst;
  }

  stop(): void {
    clearTimeout(this.#limit);
    this.#limit = undefined;
  }
}
