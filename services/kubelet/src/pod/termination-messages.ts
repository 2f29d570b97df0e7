import type { Logger } from 'pino';
import { containersOf } from '../domain/pod';
import type { ObservedContainer, PodRuntime } from '../runtime/runtime';
import type { PodFiles } from '../volumes/pod-files';
import type { PodView } from './domain/view';

/** What Kubernetes takes of a log in place of a termination message. */
const LOG_LINES = 80;
const LOG_BYTES = 2_048;

/** The termination messages of a pod's dead containers, read once each. */
export class TerminationMessages {
  readonly #messages = new Map<string, string>();
  readonly #asked = new Set<string>();
  #pending = 0;

  constructor(
    private readonly runtime: PodRuntime,
    private readonly files: PodFiles,
    private readonly logger: Logger,
    private readonly changed: () => void,
  ) {}

  get known(): ReadonlyMap<string, string> {
    return this.#messages;
  }

  /** Whether a container has died whose termination message is not known yet: a status without them would be half a fact. */
  get reading(): boolean {
    return this.#pending > 0;
  }

  read(view: PodView): void {
    for (const item of view.containers) {
      if (item.role === 'sandbox' || item.state.phase !== 'exited' || this.#asked.has(item.id)) continue;
      this.#asked.add(item.id);
      this.#pending++;
      this.#read(view, item, item.state.exitCode)
        .then((message) => this.#messages.set(item.id, message))
        .catch((error: unknown) => this.logger.debug({ err: error, id: item.id }, 'no termination message'))
        .finally(() => {
          this.#pending--;
          this.changed();
        });
    }
  }

  async #read(view: PodView, dead: ObservedContainer, exitCode: number): Promise<string> {
    const message = await this.files.readMessage(dead.name, dead.attempt);
    const container = containersOf(view.pod).find(({ name }) => name === dead.name);
    if (message !== '' || exitCode === 0 || container?.terminationMessagePolicy !== 'FallbackToLogsOnError')
      return message;
    const parts: Uint8Array[] = [];
    for await (const part of this.runtime.logs(dead.id, {
      follow: false,
      timestamps: false,
      tailLines: LOG_LINES,
    })) {
      parts.push(part);
    }
    return Buffer.concat(parts).subarray(-LOG_BYTES).toString();
  }
}
