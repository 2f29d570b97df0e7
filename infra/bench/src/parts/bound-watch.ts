import { HttpsClient, type Endpoint } from '../load/https-client';

const ADDED = Buffer.from('{"type":"ADDED"');

/**
 * Counts the pods of a namespace that have got a node: by a watch, as a user's program would. What it watches for enters the watch
 * when it is bound, so that the beginnings of lines tell it, and nothing is parsed.
 */
export class BoundWatch {
  #bound = 0;
  #rest: Buffer = Buffer.alloc(0);
  #look: () => void = () => undefined;

  private constructor(private readonly client: HttpsClient) {}

  static async open(endpoint: Endpoint, namespace: string): Promise<BoundWatch> {
    const watch = new BoundWatch(await HttpsClient.open(endpoint));
    const path = `/api/v1/namespaces/${namespace}/pods?watch=1&fieldSelector=spec.nodeName!%3D`;
    await watch.client.stream(path, (bytes) => watch.#hear(bytes));
    return watch;
  }

  /** Resolves once so many were bound since the watch began. Throws when that takes too long. */
  reached(count: number, withinMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#look = () => undefined;
        reject(new Error(`${this.#bound} of ${count} pods bound within ${withinMs / 1_000} s`));
      }, withinMs);
      this.#look = () => {
        if (this.#bound < count) return;
        clearTimeout(timer);
        this.#look = () => undefined;
        resolve();
      };
      this.#look();
    });
  }

  close(): void {
    this.client.close();
  }

  #hear(bytes: Buffer): void {
    const all = Buffer.concat([this.#rest, bytes]);
    let at = all.indexOf(ADDED);
    let seen = 0;
    for (; at >= 0; at = all.indexOf(ADDED, seen)) {
      this.#bound++;
      seen = at + ADDED.length;
    }
    this.#rest = all.subarray(Math.max(seen, all.length - ADDED.length + 1));
    this.#look();
  }
}
