import { readFile, writeFile } from 'node:fs/promises';
import { FollowedProgram, type HearLine } from './follow';
import { carryNetlink } from './netlink/carry-netlink';
import { runForBytes, runProgram } from './run';
import { PersistentShell } from './shell';

const ownShell = new PersistentShell();

/** What services ask of the network of the host; tests hold one that works in a namespace of their own. */
export interface HostNetwork {
  /** Runs `ip`, `bridge`, `nft` …; throws ProgramError. */
  run(program: string, args: readonly string[], input?: string): Promise<string>;
  /** Runs a short script of such commands, cheaper than `run`; throws ProgramError when its last command fails. */
  script(script: string): Promise<string>;
  /** Starts a program that tells of changes, such as `ip monitor`; to be stopped. */
  follow(program: string, args: readonly string[], hear: HearLine): Pick<FollowedProgram, 'stop'>;
  /** Makes a file under /proc/sys say this, if it says anything else. */
  setting(path: string, value: string): Promise<void>;
  /** Sends messages to netfilter over netlink; answers all that the kernel answered. Throws ProgramError. */
  netlink(messages: readonly Buffer[]): Promise<Buffer>;
}

/** The network of this process's own namespace. */
export const hostNetwork: HostNetwork = {
  run: runProgram,
  script: (script) => ownShell.run(script),
  follow: (program, args, hear) => new FollowedProgram(program, args, hear),
  async setting(path, value) {
    if ((await readFile(path, 'utf8')).trim() !== value) await writeFile(path, value);
  },
  netlink: (messages) => carryNetlink(messages, runForBytes),
};

/** Several `ip` (or `bridge`) commands in one process: they stop at the first that fails. */
export async function batch(network: HostNetwork, program: 'ip' | 'bridge', lines: readonly string[]): Promise<void> {
  if (lines.length > 0) await network.run(program, ['-batch', '-'], `${lines.join('\n')}\n`);
}
