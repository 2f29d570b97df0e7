import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';

/** A kubectl that goes on until it is ended, or ends by itself. */
export interface RunningKubectl {
  readonly child: ChildProcessWithoutNullStreams;
  /** What it has printed on both of its outputs; nothing of the first while that is not `heard`. */
  readonly said: () => string;
  /** Its exit code; null when a signal ended it. */
  readonly ended: Promise<number | null>;
}

/** Starts a program; with `heard: false`, what it prints on its standard output is left unread. */
export function startKubectl(
  [program = '', ...args]: readonly string[],
  env: NodeJS.ProcessEnv,
  { heard = true }: { readonly heard?: boolean } = {},
): RunningKubectl {
  const child = spawn(program, args, { env });
  let said = '';
  for (const stream of heard ? [child.stdout, child.stderr] : [child.stderr]) {
    stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  }
  child.stdin.on('error', () => undefined);
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  return { child, said: () => said, ended };
}
