import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PersistentShell } from '@shiplog/hostnet';
import { RuntimeError, type ExecResult, type ExecSession, type SessionStreams } from '../../runtime';
import { killSession } from '../../kill-session';
import { DELETE_PROCESS, EXEC, GET_CONTAINER, GET_PROCESS, OCI_PROCESS, RUNNING, START } from '../protocol/native';
import type { GrpcClient } from '../grpc/client';
import { orGone } from '../grpc/errors';
import { Command } from './command';
import { Pipes } from './pipes';

const OUTPUT_LIMIT = 10 * 1024;
const BOTH_OUTPUTS: SessionStreams = { stdin: false, stdout: true, stderr: true, tty: false };

/**
 * Commands in containers, by containerd's own API. Of one that the Container Runtime Interface runs nobody knows an id, so that
 * no kubelet could end what another has left; and one that takes too long, ExecSync ends without what it has begun.
 */
export class Commands {
  readonly #shell = new PersistentShell();

  constructor(
    private readonly client: GrpcClient,
    /** For the pipes. */
    private readonly folder: string,
  ) {}

  /** Begins a command; `onCreated` hears of its id before it runs. */
  async open(
    containerId: string,
    command: readonly string[],
    streams: SessionStreams,
    onCreated: (execId: string) => Promise<void> = () => Promise.resolve(),
  ): Promise<ExecSession> {
    const { client } = this;
    const spec = await this.#processOf(containerId, command, streams.tty);
    const process = { containerId, execId: randomBytes(16).toString('hex') };
    const pipes = await Pipes.make(this.#shell, join(this.folder, process.execId), streams);
    try {
      await client.call(EXEC, { ...process, ...pipes.stdio, terminal: streams.tty, spec });
      await onCreated(idOf(process));
      const { pid } = await client.call(START, process);
      pipes.started();
      return new Command(client, process, idOf(process), pid, pipes);
    } catch (error) {
      pipes.destroy();
      await Promise.all([pipes.unlink(), this.#forget(process)]);
      throw error;
    }
  }

  /** Runs a command to its end; one that takes too long is killed, with all that it has begun. */
  async run(containerId: string, command: readonly string[], timeoutMs: number): Promise<ExecResult> {
    const session = await this.open(containerId, command, BOTH_OUTPUTS);
    const parts: Uint8Array[] = [];
    let size = 0;
    let timedOut = false;
    const limit = setTimeout(() => {
      timedOut = true;
      session.close().catch(() => undefined);
    }, timeoutMs);
    try {
      for await (const { data } of session.output) {
        if (size < OUTPUT_LIMIT) parts.push(data.subarray(0, OUTPUT_LIMIT - size));
        size += data.length;
      }
      const exitCode = await session.exitCode();
      return { exitCode: timedOut ? -1 : exitCode, output: Buffer.concat(parts).toString(), timedOut };
    } finally {
      clearTimeout(limit);
      await session.close();
    }
  }

  /** Kills a command that another process left, and what it began. */
  async kill(id: string): Promise<void> {
    const [containerId = '', execId = ''] = id.split('.');
    const { process } = (await orGone(this.client.call(GET_PROCESS, { containerId, execId }))) ?? {};
    if (process?.status === RUNNING) await killSession(containerId, process.pid);
    await Promise.all([
      this.#forget({ containerId, execId }),
      rm(join(this.folder, execId), { recursive: true, force: true }),
    ]);
  }

  /** What does not run goes; what does, goes with its container at the latest. */
  async #forget(process: { containerId: string; execId: string }): Promise<void> {
    await this.client.call(DELETE_PROCESS, process).catch(() => undefined);
  }

  /** As the container's own process, but for what it runs. */
  async #processOf(containerId: string, args: readonly string[], terminal: boolean) {
    const { container } = await this.client.call(GET_CONTAINER, { id: containerId });
    const text = Buffer.from(container?.spec?.value ?? []).toString();
    const { process } = JSON.parse(text) as { process?: { env?: string[] } };
    if (process === undefined) throw new RuntimeError('refused', `container ${containerId} has no process`);
    const env = [...(process.env ?? []), ...(terminal ? ['TERM=xterm'] : [])];
    const value = Buffer.from(JSON.stringify({ ...process, env, args, terminal }));
    return { typeUrl: OCI_PROCESS, value };
  }
}

function idOf({ containerId, execId }: { containerId: string; execId: string }): string {
  return `${containerId}.${execId}`;
}
