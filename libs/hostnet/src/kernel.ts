import { readFile, writeFile } from 'node:fs/promises';
import { runProgram } from './run';
import { Shell } from './shell';

const ownShell = new Shell();

/** What services ask of the kernel's network; tests hold one that works in a namespace of their own. */
export interface Kernel {
  /** Runs `ip`, `bridge`, `nft` …; throws ProgramError. */
  run(program: string, args: readonly string[], input?: string): Promise<string>;
  /** Runs a short script of such commands, cheaper than `run`; throws ProgramError when its last command fails. */
  script(script: string): Promise<string>;
  /** Makes a file under /proc/sys say this, if it says anything else. */
  setting(path: string, value: string): Promise<void>;
}

/** The kernel as this process's network namespace sees it. */
export const ownKernel: Kernel = {
  run: runProgram,
  script: (script) => ownShell.run(script),
  async setting(path, value) {
    if ((await readFile(path, 'utf8')).trim() !== value) await writeFile(path, value);
  },
};

/** Several `ip` (or `bridge`) commands in one process: they stop at the first that fails. */
export async function batch(kernel: Kernel, program: 'ip' | 'bridge', lines: readonly string[]): Promise<void> {
  if (lines.length > 0) await kernel.run(program, ['-batch', '-'], `${lines.join('\n')}\n`);
}
