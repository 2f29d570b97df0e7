import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { ProgramError } from './run';

/** Longer than this and a script hangs. */
const LIMIT_MS = 60_000;

interface Task {
  readonly script: string;
  readonly resolve: (said: string) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A shell that stays, and runs one script after another. Starting programs from a large process costs milliseconds of
 * copying its page tables; from this small one it doesn't: half the time for what is done for each pod and each change.
 */
export class PersistentShell {
  #child: ChildProcessWithoutNullStreams | undefined;
  readonly #queue: Task[] = [];
  #said = '';
  #timer: NodeJS.Timeout | undefined;
  #count = 0;
  /** Nothing that a script writes can look like its end. */
  readonly #token = randomToken();

  constructor(
    private readonly command: readonly [string, ...string[]] = ['sh'],
    private readonly limitMs = LIMIT_MS,
  ) {}

  /** Runs a script; answers what it wrote. Throws ProgramError with that when its last command fails. */
  run(script: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ script, resolve, reject });
      if (this.#queue.length === 1) this.#next();
    });
  }

  /** Ends the shell; the next script starts another. */
  close(): void {
    this.#child?.stdin.end();
    this.#child = undefined;
  }

  #next(): void {
    const task = this.#queue[0];
    if (task === undefined) return this.#rest(false);
    const child = this.#child ?? this.#start();
    this.#rest(true);
    this.#said = '';
    this.#count++;
    this.#timer = setTimeout(() => child.kill('SIGKILL'), this.limitMs);
    child.stdin.write(`{\n${task.script}\n} 2>&1\necho "${this.#mark()}$?"\n`);
  }

  /** Holds the process while a script runs, and only then. */
  #rest(busy: boolean): void {
    const child = this.#child;
    if (child === undefined) return;
    const handles = [child, child.stdin, child.stdout, child.stderr] as unknown as { ref?(): void; unref?(): void }[];
    for (const handle of handles) {
      if (busy) handle.ref?.();
      else handle.unref?.();
    }
  }

  #start(): ChildProcessWithoutNullStreams {
    const [program, ...args] = this.command;
    const child = spawn(program, args, { stdio: 'pipe' });
    this.#child = child;
    child.stdout.on('data', (chunk: Buffer) => this.#heard(child, String(chunk)));
    child.stderr.on('data', (chunk: Buffer) => (this.#said += String(chunk)));
    // A shell that is gone says so by `close`; writing to it fails as a consequence.
    child.stdin.on('error', () => undefined);
    child.once('error', (error) => this.#ended(child, error.message));
    child.once('close', (code, signal) => this.#ended(child, `the shell ended with ${String(code ?? signal)}`));
    return child;
  }

  #mark(): string {
    return `\u0001${this.#token}.${this.#count} `;
  }

  #heard(child: ChildProcessWithoutNullStreams, text: string): void {
    if (child !== this.#child) return;
    this.#said += text;
    const mark = this.#mark();
    const at = this.#said.indexOf(mark);
    if (at < 0 || !this.#said.endsWith('\n')) return;
    const code = Number(this.#said.slice(at + mark.length));
    this.#finish(code === 0 ? undefined : this.#said.slice(0, at), this.#said.slice(0, at));
  }

  #ended(child: ChildProcessWithoutNullStreams, reason: string): void {
    if (child !== this.#child) return;
    this.#child = undefined;
    if (this.#queue.length > 0) this.#finish(`${this.#said}${reason}`, '');
  }

  #finish(failure: string | undefined, said: string): void {
    clearTimeout(this.#timer);
    const task = this.#queue.shift();
    if (failure === undefined) task?.resolve(said);
    else task?.reject(new ProgramError(nameOf(task.script), failure));
    this.#next();
  }
}

/**
 * A command with its input as a here-document (POSIX shell, 2.7.4), which nothing in the input can end: the delimiter is
 * made anew each time, and is none of its lines. Throws a TypeError for input with a NUL byte, which shells drop.
 */
export function withInput(command: string, input: string): string {
  if (input.includes('\0')) throw new TypeError(`the input of ${nameOf(command)} must not hold a NUL byte`);
  let delimiter = randomToken();
  while (input.includes(delimiter)) delimiter = randomToken();
  return `${command} <<'${delimiter}'\n${input}${input.endsWith('\n') ? '' : '\n'}${delimiter}`;
}

function randomToken(): string {
  return `END-${randomBytes(16).toString('hex')}`;
}

function nameOf(script: string): string {
  return /^\s*(?:if\s+)?([\w-]+)/.exec(script)?.[1] ?? 'sh';
}
