import { spawn } from 'node:child_process';

/** A program said no: its own words. */
export class ProgramError extends Error {
  constructor(
    readonly program: string,
    readonly said: string,
  ) {
    super(`${program}: ${said.trim().split('\n').slice(0, 3).join(' | ')}`);
    this.name = 'ProgramError';
  }
}

/** Programs of the network may wait for others' transactions; longer than this and they hang. */
const LIMIT_MS = 60_000;

/**
 * Runs a program to its end and answers what it wrote. Throws ProgramError with what it said on standard error, also when
 * it was killed because it hung.
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  input = '',
  options: { limitMs?: number } = {},
): Promise<string> {
  return (await runForBytes(program, args, input, options)).toString();
}

/** As runProgram, for a program that writes bytes. */
export function runForBytes(
  program: string,
  args: readonly string[],
  input: string | Buffer,
  { limitMs = LIMIT_MS }: { limitMs?: number } = {},
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'pipe' });
    // Not Node's own `timeout`: its timer goes on where the program could not be started.
    const limit = setTimeout(() => child.kill('SIGKILL'), limitMs);
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.once('error', (error) => {
      clearTimeout(limit);
      reject(new ProgramError(program, error.message));
    });
    // A child that ends early closes its input: its exit code and its own words tell more than EPIPE.
    child.stdin.on('error', () => undefined);
    child.once('exit', () => clearTimeout(limit));
    child.once('close', (code, signal) =>
      code === 0
        ? resolve(Buffer.concat(out))
        : reject(new ProgramError(program, Buffer.concat(err).toString() || `ended with ${String(code ?? signal)}`)),
    );
    child.stdin.end(input);
  });
}
