import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { arch, tmpdir } from 'node:os';
import { join } from 'node:path';
import { getSystemErrorName } from 'node:util';
import { ProgramError } from '../run';
import type { Architecture } from '../static-elf';
import { FRAME_BYTES, netlinkProgram } from './netlink-program';

/** Runs a program with bytes for its input; answers its output's. Throws ProgramError. */
export type RunForBytes = (program: string, args: readonly string[], input: Buffer) => Promise<Buffer>;

const ARCHITECTURES: Partial<Record<string, Architecture>> = { x64: 'amd64', arm64: 'arm64' };

/** Where a program may stand and be run; hosts that are hardened forbid the one or the other. */
const DIRECTORIES = [tmpdir(), '/run', '/dev/shm', '/var/tmp'];

/**
 * Sends messages to netfilter over netlink, and answers all that the kernel answered, message after message. Each may have
 * FRAME_BYTES at most. Throws ProgramError when there is no way to (a right is missing, another architecture).
 */
export async function carryNetlink(messages: readonly Buffer[], runForBytes: RunForBytes): Promise<Buffer> {
  const architecture = ARCHITECTURES[arch()];
  if (architecture === undefined) throw new ProgramError('netlink', `there is no program for ${arch()}`);
  const frames = Buffer.alloc(messages.length * FRAME_BYTES);
  messages.forEach((message, index) => {
    if (message.length > FRAME_BYTES) throw new RangeError(`a message of ${message.length} bytes`);
    message.copy(frames, index * FRAME_BYTES);
  });
  let last: unknown;
  for (const directory of DIRECTORIES) {
    try {
      return await runFrom(directory, netlinkProgram(architecture), (path) => runForBytes(path, [], frames));
    } catch (error) {
      if (!isForbiddenPlace(error)) throw withErrno(error);
      last = error;
    }
  }
  throw last;
}

/** The file is written in one turn: a child that another turn starts meanwhile would hold it open, and it could not be run. */
async function runFrom<T>(directory: string, program: Buffer, run: (path: string) => Promise<T>): Promise<T> {
  const own = mkdtempSync(join(directory, 'shiplog-netlink-'));
  try {
    const path = join(own, 'netlink');
    writeFileSync(path, program, { mode: 0o700 });
    return await run(path);
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

/** Nothing can be written there, or nothing that is there may be run. */
function isForbiddenPlace(error: unknown): boolean {
  return error instanceof Error && /\b(EACCES|EROFS|ENOENT|ENOSPC)\b/.test(error.message);
}

/** The program ends with the number of what went wrong. */
function withErrno(error: unknown): unknown {
  const errno = error instanceof ProgramError ? /^ended with (\d+)$/.exec(error.said)?.[1] : undefined;
  return errno === undefined ? error : new ProgramError('netlink', getSystemErrorName(-Number(errno)));
}
