import { writeThrough } from '@shiplog/bus';
import type { ExecSession } from '../../runtime';
import { killSession } from '../../kill-session';
import { CLOSE_IO, DELETE_PROCESS, RESIZE_PTY, WAIT } from '../protocol/native';
import type { GrpcClient } from '../grpc/client';
import type { OutputPart } from './merge-outputs';
import type { Pipes } from './pipes';

/** A command that runs in a container. */
export class Command implements ExecSession {
  readonly #exit: Promise<number>;
  #ended = false;

  constructor(
    private readonly client: GrpcClient,
    private readonly process: { readonly containerId: string; readonly execId: string },
    readonly id: string,
    private readonly pid: number,
    private readonly pipes: Pipes,
  ) {
    this.#exit = this.#wait();
    // Nobody need ask for it.
    this.#exit.catch(() => undefined);
  }

  get output(): AsyncIterable<OutputPart> {
    return this.pipes.read();
  }

  async write(data: Uint8Array): Promise<void> {
    const { stdin } = this.pipes;
    if (stdin !== undefined) await writeThrough(stdin, data);
  }

  endInput(): void {
    const { stdin } = this.pipes;
    if (stdin?.writable !== true) return;
    // The runtime keeps an end of it open too, until it is told.
    stdin.end(() => void this.client.call(CLOSE_IO, { ...this.process, stdin: true }).catch(() => undefined));
  }

  async resize(width: number, height: number): Promise<void> {
    // Of what has ended meanwhile, or has no terminal.
    await this.client.call(RESIZE_PTY, { ...this.process, width, height }).catch(() => undefined);
  }

  exitCode(): Promise<number> {
    return this.#exit;
  }

  async close(): Promise<void> {
    this.pipes.destroy();
    if (!this.#ended) await killSession(this.process.containerId, this.pid);
  }

  async #wait(): Promise<number> {
    const { client, process } = this;
    try {
      return (await client.call(WAIT, process, { timeoutMs: Infinity })).exitStatus;
    } finally {
      this.#ended = true;
      // All that it wrote is in the pipes by then.
      await client.call(DELETE_PROCESS, process).catch(() => undefined);
      void this.pipes.unlink();
    }
  }
}
