import type { IncomingMessage } from 'node:http';
import { request, type Agent } from 'node:https';
import { once } from 'node:events';

/** Where an api is reached. */
export interface SoakedApi {
  readonly port: number;
  readonly ca: string;
  readonly token: string;
}

interface Heard {
  readonly type: string;
  readonly object: { readonly metadata: { readonly resourceVersion: string }; readonly data?: { readonly n?: string } };
}

/** One watch of a collection, which notes what it hears: the numbers that changes have, and whether positions rise. */
export class SoakWatcher {
  /** The number that the last change had; changes are numbered from 0. */
  last = -1;
  heard = 0;
  /** Sentences about what must not be. */
  readonly problems: string[] = [];
  #position = 0;
  #rest = '';

  private constructor(private readonly answer: IncomingMessage) {
    answer.setEncoding('utf8');
    answer.on('data', (text: string) => this.#read(text));
    answer.on('error', () => undefined);
  }

  /** Resolves when the api has begun to answer. @param since the position after which it hears of everything */
  static async open(api: SoakedApi, agent: Agent, path: string, since: string): Promise<SoakWatcher> {
    const sent = request({
      host: '127.0.0.1',
      port: api.port,
      ca: api.ca,
      agent,
      path: `${path}?watch=1&resourceVersion=${since}`,
      headers: { authorization: `Bearer ${api.token}` },
    }).end();
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    if (answer.statusCode !== 200) throw new Error(`a watch was answered ${answer.statusCode}`);
    return new SoakWatcher(answer);
  }

  close(): void {
    this.answer.destroy();
  }

  #read(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#hear(JSON.parse(line) as Heard);
  }

  #hear({ type, object }: Heard): void {
    const position = Number(object.metadata?.resourceVersion);
    const number = Number(object.data?.n);
    if (!['ADDED', 'MODIFIED', 'DELETED'].includes(type)) this.problems.push(`${type}: ${JSON.stringify(object)}`);
    if (!(position > this.#position)) this.problems.push(`${position} came after ${this.#position}`);
    if (number !== this.last + 1) this.problems.push(`change ${number} came after ${this.last}`);
    this.#position = position;
    this.last = number;
    this.heard += 1;
  }
}
