import { Agent, request } from 'node:https';
import type { ApiEndpoint } from '../plane/control-plane';

/** An answer of the API; undefined when there was none in time. `unsent`: nobody can have got the request. */
export type RestAnswer =
  { readonly kind: 'answer'; readonly status: number; readonly body: string } | { readonly kind: 'none' | 'unsent' };

const PATCH = 'application/merge-patch+json';

/** One client of one api, with a connection of its own. Nothing throws. */
export class RestClient {
  readonly #agent: Agent;

  constructor(
    private readonly endpoint: ApiEndpoint,
    private readonly timeoutMs: number,
  ) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: 1, ca: endpoint.ca });
  }

  ask(method: string, path: string, body?: object): Promise<RestAnswer> {
    const { port, token } = this.endpoint;
    const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const headers = {
      authorization: `Bearer ${token}`,
      accept: 'application/json',
      ...(bytes === undefined ? {} : { 'content-length': bytes.length }),
      ...(bytes === undefined ? {} : { 'content-type': method === 'PATCH' ? PATCH : 'application/json' }),
    };
    const { timeoutMs } = this;
    return new Promise((resolve) => {
      const asked = request({ host: '127.0.0.1', port, method, path, headers, agent: this.#agent }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', () => end({ kind: 'none' }));
        response.once('end', () =>
          end({ kind: 'answer', status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }),
        );
      });
      const end = (answer: RestAnswer): void => {
        clearTimeout(timer);
        resolve(answer);
      };
      const timer = setTimeout(() => asked.destroy(new Error('no answer in time')), timeoutMs);
      asked.once('error', (error: NodeJS.ErrnoException) =>
        end({ kind: error.code === 'ECONNREFUSED' ? 'unsent' : 'none' }),
      );
      asked.end(bytes);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
