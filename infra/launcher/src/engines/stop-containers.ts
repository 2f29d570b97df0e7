import { sentenceOf } from '../failure';
import { engineAt } from './engine-client';

/** Seconds that a container gets between SIGTERM and SIGKILL when the whole cluster stops. */
const GRACE = 2;

/** Stops every running container of an engine, all at once. */
export async function stopContainers(dockerHost: string, filters: Record<string, string[]> = {}): Promise<void> {
  const engine = engineAt(dockerHost);
  const running = await engine.listContainers({ filters: { status: ['running'], ...filters } });
  await Promise.all(running.map(({ Id }) => engine.getContainer(Id).stop({ t: GRACE }).catch(unlessStopped)));
}

/** Removes every container of an engine, also running ones. */
export async function removeContainers(dockerHost: string, filters: Record<string, string[]>): Promise<void> {
  const engine = engineAt(dockerHost);
  const all = await engine.listContainers({ all: true, filters });
  await Promise.all(all.map(({ Id }) => engine.getContainer(Id).remove({ force: true, v: true }).catch(unlessStopped)));
}

/** It may end, or be removed by another, while it is being stopped. */
function unlessStopped(error: unknown): void {
  if (!/304|404|409|no such container|already/i.test(sentenceOf(error))) throw error;
}
