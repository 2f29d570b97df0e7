import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { writeThrough } from '@shiplog/bus';
import type Docker from 'dockerode';
import type { ContainerSession, ExecSession, SessionStreams } from '../runtime';
import { separateOutputs, type OutputPart } from './demultiplex';
import { ask, asking } from './errors';
import { killSession } from '../kill-session';

/** How often the engine is asked for what it is about to know, and how long. */
const ASK_MS = 25;
const ASK_LONG_MS = 5_000;

/** Begins a command in a container, with the streams that are wanted. */
export async function openExec(
  docker: Docker,
  containerId: string,
  command: readonly string[],
  { stdin, stdout, stderr, tty }: SessionStreams,
  onCreated: (execId: string) => Promise<void> = () => Promise.resolve(),
): Promise<ExecSession> {
  const exec = await ask(() =>
    docker.getContainer(containerId).exec({
      Cmd: [...command],
      AttachStdin: stdin,
      AttachStdout: stdout,
      AttachStderr: stderr && !tty,
      Tty: tty,
    }),
  );
  await onCreated(exec.id);
  const stream = await ask(() => exec.start({ hijack: true, stdin: true, Tty: tty }));
  return new DockerExec(exec, stream, tty);
}

/** Kills a command by the engine's id of it, if it goes on. */
export async function killExec(docker: Docker, execId: string): Promise<void> {
  const exec = docker.getExec(execId);
  const { pid, containerId, running } = await started(exec);
  if (running) await killSession(containerId, pid);
}

/** The container's own input and outputs. */
export async function attachTo(
  docker: Docker,
  id: string,
  { stdin, stdout, stderr }: Omit<SessionStreams, 'tty'>,
): Promise<ContainerSession> {
  const container = docker.getContainer(id);
  const { Config: config } = await ask(() => container.inspect());
  const options = { stream: true, hijack: true, stdin: stdin && config.OpenStdin, stdout, stderr };
  const stream = (await ask(() => container.attach(options))) as unknown as Duplex;
  const resize = (columns: number, rows: number): Promise<unknown> => container.resize({ w: columns, h: rows });
  // What may be attached to again keeps its input open; and the engine, told of an end, would end the outputs.
  return new DockerSession(stream, config.Tty, resize, config.StdinOnce);
}

/** One hijacked connection to the engine: what goes in, and what comes out in frames, or raw of a terminal. */
class DockerSession implements ContainerSession {
  constructor(
    private readonly stream: Duplex,
    private readonly tty: boolean,
    private readonly resizing: (columns: number, rows: number) => Promise<unknown>,
    private readonly endsInput = true,
  ) {
    // Told to who reads; a writer finds out by what is dropped.
    stream.on('error', () => undefined);
  }

  get output(): AsyncIterable<OutputPart> {
    const chunks = this.stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
    return this.tty ? asStdout(chunks) : separateOutputs(chunks);
  }

  write(data: Uint8Array): Promise<void> {
    return writeThrough(this.stream, data);
  }

  endInput(): void {
    if (this.endsInput && this.stream.writable) this.stream.end();
  }

  async resize(columns: number, rows: number): Promise<void> {
    // Of what has ended meanwhile, or has no terminal.
    await asking(() => this.resizing(columns, rows), [404, 409, 500]);
  }

  close(): Promise<void> {
    this.stream.destroy();
    return Promise.resolve();
  }
}

class DockerExec extends DockerSession implements ExecSession {
  #exitCode: number | undefined;

  constructor(
    private readonly exec: Docker.Exec,
    stream: Duplex,
    tty: boolean,
  ) {
    super(stream, tty, (columns, rows) => exec.resize({ w: columns, h: rows }));
  }

  get id(): string {
    return this.exec.id;
  }

  /** The engine hears of the end a moment after the last output. */
  async exitCode(): Promise<number> {
    for (;;) {
      const info = await ask(() => this.exec.inspect());
      if (!info.Running && info.ExitCode !== null) return (this.#exitCode = info.ExitCode);
      await delay(ASK_MS);
    }
  }

  override async close(): Promise<void> {
    await super.close();
    if (this.#exitCode !== undefined) return;
    const { pid, containerId, running } = await started(this.exec);
    if (running) await killSession(containerId, pid);
  }
}

/** A command that was just begun has no process yet: it would not be known whom to kill. */
async function started(exec: Docker.Exec): Promise<{ pid: number; containerId: string; running: boolean }> {
  for (const giveUp = Date.now() + ASK_LONG_MS; ;) {
    const info = await asking(() => exec.inspect(), [404]);
    const { Running: running = false, Pid: pid = 0, ContainerID: containerId = '', ExitCode: code = null } = info ?? {};
    const isBegun = pid > 0 || code !== null || info === undefined;
    if (isBegun || Date.now() > giveUp) return { pid, containerId, running };
    await delay(ASK_MS);
  }
}

async function* asStdout(chunks: AsyncIterable<Buffer>): AsyncIterable<OutputPart> {
  for await (const data of chunks) yield { name: 'stdout', data };
}
