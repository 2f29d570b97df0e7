import { setMaxListeners } from 'node:events';
import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';

/** Whether the api is stopping: streams end then, so that the server can close, and nothing is begun any more. */
@Injectable()
export class Stopping implements BeforeApplicationShutdown {
  readonly #abort = new AbortController();

  constructor() {
    // Every open stream listens to it.
    setMaxListeners(0, this.signal);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  beforeApplicationShutdown(): void {
    this.#abort.abort();
  }
}
