import { PassThrough } from 'node:stream';
import type Docker from 'dockerode';

/** Runs a command in a container, by its engine alone: also where the cluster reaches no more. */
export async function execIn(
  engine: Docker,
  id: string,
  ...command: readonly string[]
): Promise<{ code: number; output: string }> {
  const exec = await engine.getContainer(id).exec({ Cmd: [...command], AttachStdout: true, AttachStderr: true });
  const stream = await exec.start({});
  const text = new PassThrough();
  engine.modem.demuxStream(stream, text, text);
  stream.once('end', () => text.end());
  let output = '';
  for await (const chunk of text) output += String(chunk);
  return { code: (await exec.inspect()).ExitCode ?? -1, output };
}
