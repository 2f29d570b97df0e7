import { execFile } from 'node:child_process';

export interface RunOptions {
  /** Written to the command's standard input. */
  input?: string;
  env?: Readonly<Record<string, string | undefined>>;
  cwd?: string;
  /** Milliseconds; the command is killed then. Default a minute. */
  timeout?: number;
}

/** Of each of a failed command's outputs, the last lines that its error tells. */
const TOLD_LINES = 4;

/** What a command that failed said: on its standard output, then on its standard error. */
export class CommandFailed extends Error {
  readonly output: string;

  /** @param said each of its outputs, whole */
  constructor(
    readonly command: string,
    readonly code: number | string | undefined,
    said: readonly string[],
  ) {
    const texts = said.map((text) => text.trim()).filter((text) => text !== '');
    const told = texts.flatMap((text) => text.split('\n').slice(-TOLD_LINES));
    super(`${command} failed (${code ?? 'killed'}): ${told.join(' | ')}`);
    this.name = 'CommandFailed';
    this.output = texts.join('\n');
  }
}

/** PATH with the folders of system tools, which an ordinary user's lacks on Debian. */
export function toolPath(): string {
  const path = process.env.PATH ?? '';
  return [...path.split(':'), '/usr/local/sbin', '/usr/sbin', '/sbin']
    .filter((p, i, all) => all.indexOf(p) === i)
    .join(':');
}

/** Runs a command to its end and answers what it printed. Throws `CommandFailed`. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      command,
      [...args],
      {
        encoding: 'utf8',
        maxBuffer: 64 * 1024 * 1024,
        timeout: options.timeout ?? 60_000,
        cwd: options.cwd,
        env: { ...process.env, PATH: toolPath(), LC_ALL: 'C', ...options.env },
      },
      (error, stdout, stderr) => {
        if (error === null) return resolve(stdout);
        const isSilent = stdout.trim() === '' && stderr.trim() === '';
        const said = isSilent ? [error.message] : [stdout, stderr];
        reject(new CommandFailed([command, ...args].join(' '), error.code ?? error.signal, said));
      },
    );
    // A command that ends without reading its input is judged by its exit code.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(options.input ?? '');
  });
}

/** Whether a command succeeds. */
export async function succeeds(command: string, args: readonly string[], options: RunOptions = {}): Promise<boolean> {
  return run(command, args, options).then(
    () => true,
    () => false,
  );
}
