import type { Pod } from '@shiplog/contracts';
import { HttpsClient, type Endpoint } from '../load/https-client';

/** How long a pod may take, milliseconds; one that takes longer is an error and not a figure. */
const PATIENCE_MS = 60_000;

interface WatchLine {
  type: string;
  object: Pod;
}

/** Follows the pods of a namespace, and says when one is Ready or gone: by a watch, as a user's program would. */
export class PodWatch {
  readonly #pods = new Map<string, Pod>();
  readonly #looks = new Set<() => void>();
  #rest = '';

  private constructor(private readonly client: HttpsClient) {}

  static async open(endpoint: Endpoint, namespace: string): Promise<PodWatch> {
    const watch = new PodWatch(await HttpsClient.open(endpoint));
    await watch.client.stream(`/api/v1/namespaces/${namespace}/pods?watch=1`, (bytes) => watch.#hear(bytes));
    return watch;
  }

  /** Resolves once so many pods of names with a prefix are Ready. */
  ready(prefix: string, count: number): Promise<void> {
    return this.#until(
      `${count} pods ${prefix}… Ready`,
      (names) => names.filter((name) => isReady(this.#pods.get(name))).length >= count,
      prefix,
    );
  }

  /** Resolves once no pod of such a name is left. */
  gone(prefix: string): Promise<void> {
    return this.#until(`pods ${prefix}… gone`, (names) => names.length === 0, prefix);
  }

  close(): void {
    this.client.close();
  }

  #until(description: string, holds: (names: string[]) => boolean, prefix: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (!holds([...this.#pods.keys()].filter((name) => name.startsWith(prefix)))) return;
        clearTimeout(timer);
        this.#looks.delete(look);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#looks.delete(look);
        reject(new Error(`${description}: not within ${PATIENCE_MS / 1_000} s`));
      }, PATIENCE_MS);
      this.#looks.add(look);
      look();
    });
  }

  /** Chunked encoding puts lines of its own between those of the watch; events are the ones that begin with a brace. */
  #hear(bytes: Buffer): void {
    const lines = `${this.#rest}${bytes.toString()}`.split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('{')) this.#take(JSON.parse(line) as WatchLine);
    for (const look of this.#looks) look();
  }

  #take({ type, object }: WatchLine): void {
    const name = object.metadata?.name ?? '';
    if (type === 'DELETED') this.#pods.delete(name);
    else this.#pods.set(name, object);
  }
}

function isReady(pod: Pod | undefined): boolean {
  return pod?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}
