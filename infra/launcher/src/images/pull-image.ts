import type Docker from 'dockerode';
import { finished } from './build-image';

const REGISTRY = 'https://registry-1.docker.io/v2/';
const REACHABLE_WITHIN_MS = 2_000;
const PULLED_WITHIN_MS = 120_000;

/** Pulls an image when the registry can be reached; whether that worked. Never takes longer than two minutes. */
export async function pullImage(engine: Docker, ref: string): Promise<boolean> {
  if (!(await registryAnswers())) return false;
  const aborted = new AbortController();
  const timer = setTimeout(() => aborted.abort(), PULLED_WITHIN_MS);
  try {
    await finished(engine, await engine.pull(ref, { abortSignal: aborted.signal }));
    return true;
  } catch {
    return false; // It can be built instead.
  } finally {
    clearTimeout(timer);
  }
}

let answers: Promise<boolean> | undefined;

/** Asked once: any answer means that images can be had. */
function registryAnswers(): Promise<boolean> {
  answers ??= fetch(REGISTRY, { method: 'HEAD', signal: AbortSignal.timeout(REACHABLE_WITHIN_MS) }).then(
    () => true,
    () => false,
  );
  return answers;
}
