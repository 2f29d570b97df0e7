import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';

/** nft said no: its own words, and the line it stumbled over. */
export class NftError extends Error {
  constructor(readonly said: string) {
    super(`nft: ${said.trim().split('\n').slice(0, 3).join(' | ')}`);
    this.name = 'NftError';
  }
}

/** What the proxy asks of the kernel; the tests hold one that works in a namespace of their own. */
export interface Kernel {
  /** Runs nft with a script on its input; throws NftError with what it said on standard error. */
  nft(args: readonly string[], input?: string): Promise<string>;
  /** Makes a file under /proc/sys say this, if it says anything else. */
  setting(path: string, value: string): Promise<void>;
}

/** The kernel as this process's network namespace sees it. */
export const ownKernel: Kernel = {
  nft: (args, input) => runProgram('nft', args, input),
  async setting(path, value) {
    if ((await readFile(path, 'utf8')).trim() !== value) await writeFile(path, value);
  },
};

/** nft may wait for others' transactions; longer than this and it hangs. */
const LIMIT_MS = 60_000;

/** Runs a program to its end. Throws NftError with what it said on standard error. */
export function runProgram(program: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'pipe', timeout: LIMIT_MS });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.once('error', (error) => reject(new NftError(error.message)));
    // A child that ends early closes its input: what it said on standard error tells more than EPIPE.
    child.stdin.on('error', (error) => err.push(Buffer.from(error.message)));
    child.once('close', (code, signal) =>
      code === 0
        ? resolve(Buffer.concat(out).toString())
        : reject(new NftError(Buffer.concat(err).toString() || `ended with ${String(code ?? signal)}`)),
    );
    child.stdin.end(input);
  });
}

/** One atomic transaction: all of the script or nothing. */
export async function applyScript(kernel: Kernel, script: string): Promise<void> {
  await kernel.nft(['-f', '-'], script);
}

/** Why nftables can't be used here; undefined when it can: right, program and kernel are there. */
export async function whyNoNftables(kernel: Kernel): Promise<string | undefined> {
  try {
    await kernel.nft(['--check', '-f', '-'], CHECK);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Only looked at by the kernel, never committed: a map, a hook of each kind and the statements that the rules need. */
const CHECK = `
add table ip shiplog_probe
add map ip shiplog_probe m { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service ; }
add chain ip shiplog_probe n { type nat hook prerouting priority -100 ; }
add rule ip shiplog_probe n fib daddr type local dnat ip to ip daddr . meta l4proto . th dport map @m
add chain ip shiplog_probe p { type nat hook postrouting priority 100 ; }
add rule ip shiplog_probe p ct status dnat masquerade fully-random
add chain ip shiplog_probe f { type filter hook forward priority -10 ; }
add rule ip shiplog_probe f ct state new meta l4proto tcp reject with tcp reset
`;
