import type Docker from 'dockerode';
import type { Duplex } from 'node:stream';
import type { ExecResult } from '../runtime';
import { demultiplex } from './demultiplex';
import { ask, asking } from './errors';
import { killSession } from '../kill-session';

const OUTPUT_LIMIT = 10 * 1024;

/**
 * Runs a command in a container and waits for its end, at most `timeoutMs`. The engine leaves a command running when
 * its client goes, so one that takes too long is killed here, if it is a process of this machine.
 */
export async function execIn(
  docker: Docker,
  id: string,
  command: readonly string[],
  timeoutMs: number,
): Promise<ExecResult> {
  const exec = await ask(() =>
    docker.getContainer(id).exec({ Cmd: [...command], AttachStdout: true, AttachStderr: true }),
  );
  const stream: Duplex = await ask(() => exec.start({ hijack: true, stdin: false }));
  let timedOut = false;
  const limit = setTimeout(() => {
    timedOut = true;
    stream.destroy();
  }, timeoutMs);
  const output = await collect(stream).finally(() => clearTimeout(limit));
  const info = await asking(() => exec.inspect(), [404]);
  if (timedOut && info?.Running === true) await killSession(id, info.Pid);
  return { exitCode: timedOut ? -1 : (info?.ExitCode ?? -1), output, timedOut };
}

async function collect(stream: Duplex): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of demultiplex(stream as AsyncIterable<Buffer>)) {
      if (size < OUTPUT_LIMIT) parts.push(part.subarray(0, OUTPUT_LIMIT - size));
      size += part.length;
    }
  } catch (error) {
    // Destroyed at the time limit: what came until then is the output.
    if (!stream.destroyed) throw error;
  }
  return Buffer.concat(parts).toString();
}
