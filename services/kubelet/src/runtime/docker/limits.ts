import type Docker from 'dockerode';
import type { EngineLimits } from '../runtime';
import { readFile } from 'node:fs/promises';
import { ask, runtimeError } from './errors';
import { missingCapabilitiesIn } from '../capabilities';

/**
 * What the engine accepts on this machine, found out by starting a pause container that asks for it: where
 * CAP_SYS_RESOURCE is missing, a negative OOM score or `--privileged` makes every start fail with an error that
 * doesn't say why.
 */
export async function probeLimits(
  docker: Docker,
  pauseImageId: string,
  cgroupParent: string | undefined,
): Promise<EngineLimits> {
  const attempt = async (item: object): Promise<boolean> => {
    const container = await ask(() =>
      docker.createContainer({
        Image: pauseImageId,
        NetworkDisabled: true,
        HostConfig: { LogConfig: { Type: 'none', Config: {} }, CgroupParent: cgroupParent, ...item },
      }),
    );
    try {
      await container.start();
      return true;
    } catch (error) {
      const failure = runtimeError(error);
      if (failure.problem === 'unavailable') throw failure;
      return false;
    } finally {
      await ask(() => container.remove({ force: true }));
    }
  };
  const [negativeOomScore, privileged] = await Promise.all([
    attempt({ OomScoreAdj: -1 }),
    attempt({ Privileged: true }),
  ]);
  return { negativeOomScore, privileged, missingCapabilities: privileged ? [] : await missingCapabilities() };
}

/** What this host's bounding set lacks: no process started here can ever have it. */
async function missingCapabilities(): Promise<string[]> {
  return missingCapabilitiesIn(await readFile('/proc/self/status', 'utf8'));
}
