import { request } from 'node:https';
import type { ApiEndpoint } from '../plane/control-plane';
import { nameOf, valueOf } from './door';
import { RestClient } from './rest-client';

/** What was heard from one list on: every event until there had to be another list. */
export interface Heard {
  readonly from: number;
  readonly events: readonly { readonly type: string; readonly key: string; readonly version: number }[];
}

type Event = Heard['events'][number];

const AGAIN_MS = 100;
const LIST_TIMEOUT_MS = 4_000;
/** A watch that has not begun by then is given up, and asked for again. */
const HEAD_MS = 8_000;

/**
 * Lists and watches all objects of the run by one api, as an informer does: a watch that ends is begun again where it
 * was, and after 410 Gone it lists anew.
 */
export class Watcher {
  readonly heard: Heard[] = [];
  readonly #lists: RestClient;
  /** What a watch said that no watch says. */
  readonly problems: string[] = [];
  /** What ended the last watches that were refused or broken off with a reason, and how many there were. */
  failures = { count: 0, last: 'none failed' };
  #events: Event[] = [];
  #at: number | undefined;
  #stopped = false;
  #end: () => void = () => undefined;
  #loop: Promise<void>;

  constructor(
    readonly name: string,
    private readonly endpoint: ApiEndpoint,
    private readonly collection: string,
  ) {
    this.#lists = new RestClient(endpoint, LIST_TIMEOUT_MS);
    this.#loop = this.#run();
  }

  /** The version that it has heard of last. */
  get position(): number {
    return this.#at ?? 0;
  }

  /** How often it was told 410. */
  get resets(): number {
    return Math.max(0, this.heard.length - 1);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#end();
    await this.#loop;
    this.#lists.close();
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      if (this.#at === undefined) await this.#list();
      if (this.#at !== undefined && !this.#stopped) await this.#watch(this.#at);
      if (!this.#stopped) await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }

  async #list(): Promise<void> {
    const answer = await this.#lists.ask('GET', this.collection);
    if (answer.kind !== 'answer' || answer.status !== 200) return;
    const list = JSON.parse(answer.body) as { metadata: { resourceVersion: string } };
    this.#at = Number(list.metadata.resourceVersion);
    this.#events = [];
    this.heard.push({ from: this.#at, events: this.#events });
  }

  /** Resolves when the watch is over, however. */
  #watch(from: number): Promise<void> {
    const { port, ca, token } = this.endpoint;
    const headers = { authorization: `Bearer ${token}`, accept: 'application/json' };
    const path = `${this.collection}?watch=true&resourceVersion=${from}`;
    return new Promise((resolve) => {
      const asked = request({ host: '127.0.0.1', port, ca, path, headers, agent: false }, (response) => {
        clearTimeout(late);
        if (response.statusCode === 410) this.#at = undefined;
        if (response.statusCode !== 200) this.#failed(`answered ${response.statusCode}`);
        let rest = '';
        response.setEncoding('utf8').on('data', (text: string) => {
          const lines = (rest + text).split('\n');
          rest = lines.pop() ?? '';
          if (response.statusCode === 200) for (const line of lines) this.#hear(line);
        });
        response.on('error', () => undefined).once('close', resolve);
      });
      const late = setTimeout(() => {
        this.#failed(`no answer within ${HEAD_MS} ms`);
        asked.destroy();
      }, HEAD_MS);
      asked
        .on('error', () => undefined)
        .once('close', () => {
          clearTimeout(late);
          resolve();
        });
      this.#end = () => asked.destroy();
      asked.end();
    });
  }

  #failed(last: string): void {
    this.failures = { count: this.failures.count + 1, last };
  }

  #hear(line: string): void {
    if (line === '') return;
    const { type, object } = JSON.parse(line) as { type: string; object: { code?: number; message?: string } };
    if (type === 'ERROR') {
      this.#failed(`${object.code} ${object.message}`);
      if (object.code === 410) this.#at = undefined;
      // Without a journal there is no history to begin from: to be tried again, as after any 5xx.
      else if ((object.code ?? 0) < 500)
        this.problems.push(`an ERROR event that is neither 410 nor 5xx: ${object.code} ${object.message}`);
      this.#end();
      return;
    }
    const { version } = valueOf(object);
    this.#events.push({ type, key: nameOf(object), version });
    this.#at = version;
  }
}
