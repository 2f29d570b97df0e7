import { closeSync, constants, openSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { ProgramError, type PersistentShell } from '@shiplog/hostnet';
import { RuntimeError, type SessionStreams } from '../../runtime';
import { mergeOutputs, type OutputPart } from './merge-outputs';

type PipePaths = Readonly<Partial<Record<'stdin' | 'stdout' | 'stderr', string>>>;

/** For an output that nobody wants: who looks after a command opens both, if it opens any. */
const NOWHERE = '/dev/null';

/** The named pipes between a command in a container and this process. */
export class Pipes {
  #stdin: Socket | undefined;
  readonly #outputs: Partial<Record<OutputPart['name'], Socket>>;

  private constructor(
    private readonly folder: string,
    private readonly paths: PipePaths,
    private readonly terminal: boolean,
  ) {
    // Before anybody writes: who opens a pipe to write waits for its reader.
    this.#outputs = {
      ...(paths.stdout === undefined ? {} : { stdout: readingEnd(paths.stdout) }),
      ...(paths.stderr === undefined ? {} : { stderr: readingEnd(paths.stderr) }),
    };
  }

  static async make(shell: PersistentShell, folder: string, streams: SessionStreams): Promise<Pipes> {
    // A terminal has but one output.
    const wanted = { ...streams, stderr: streams.stderr && !streams.tty };
    const names = (['stdin', 'stdout', 'stderr'] as const).filter((name) => wanted[name]);
    const paths = Object.fromEntries(names.map((name) => [name, join(folder, name)]));
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if (names.length > 0) await shell.run(`mkfifo -m 600 ${Object.values(paths).map(quoted).join(' ')}`).catch(refused);
    return new Pipes(folder, paths, streams.tty);
  }

  /** What the command is to be given. */
  get stdio(): { readonly stdin?: string; readonly stdout: string; readonly stderr?: string } {
    const { stdin, stdout = NOWHERE, stderr = NOWHERE } = this.paths;
    return { stdout, ...(stdin === undefined ? {} : { stdin }), ...(this.terminal ? {} : { stderr }) };
  }

  /** The command runs: it has its ends, so that those here can tell when it closes them. */
  started(): void {
    if (this.paths.stdin !== undefined) this.#stdin = writingEnd(this.paths.stdin);
  }

  get stdin(): Socket | undefined {
    return this.#stdin;
  }

  read(): AsyncIterable<OutputPart> {
    return mergeOutputs(this.#outputs);
  }

  destroy(): void {
    this.#stdin?.destroy();
    this.#outputs.stdout?.destroy();
    this.#outputs.stderr?.destroy();
  }

  /** Their names go; who has them open goes on. */
  async unlink(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Nothing is read before somebody asks: a pipe without a writer would look as if it had ended. */
function readingEnd(path: string): Socket {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return guarded(() => new Socket({ fd, readable: true, writable: false }), fd);
}

function writingEnd(path: string): Socket {
  const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  return guarded(() => new Socket({ fd, readable: false, writable: true }), fd);
}

function guarded(make: () => Socket, fd: number): Socket {
  try {
    // That it broke off is told to who reads; a writer finds out by what is dropped.
    return make().on('error', () => undefined);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function refused(error: unknown): never {
  throw error instanceof ProgramError ? new RuntimeError('refused', error.message) : error;
}

function quoted(path: string): string {
  return `'${path.replaceAll("'", String.raw`'\''`)}'`;
}
